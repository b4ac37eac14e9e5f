//! `run`: changes in, deltas out, for as long as they come. Starts no actions.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::PathBuf;

use super::clock::Clock;
use super::command_line::{Output, parse_moment};
use super::failure::{Failure, Status};
use super::feeds::open_all;
use super::input::{Input, Inputs};
use super::load::{Loaded, load};
use super::plan::{find_relation, streamed};
use super::progress::Progress;
use super::session::{Answer, Session, refused};
use super::vocabulary::vocabulary;
use super::workers::Workers;
use super::{rule_errors, sources, talk};
use crate::feed::{Format, parse_line, write_delta, write_echo};
use crate::model::{Delta, RelationId, Timestamp};
use crate::plan::Demand;
use crate::program::Program;

/// Take changes in, and stream what they change
///
/// Reads changes line by line, from standard input by default, and writes what becomes of them
/// as each transaction completes, in the same form. It starts no actions. A bad line is
/// refused on standard error and the stream goes on. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A line is +relation(…), -relation(…) with _ for any value, or several of them
between begin and commit; echo \"token\" comes back when everything before it is
answered; at TIME moves the clock where --now is given.

Examples:
  owed run rules/campaigns.rules
  echo '+campaign(\"1001\")' | owed run rules/campaigns.rules
  owed run my.rules --now 2026-03-26T00:00Z --feed monday.feed --output json

Exit codes: 0 done, 1 error or a refused line, 64 wrong usage.")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    /// Where changes come from, in this order; `-` is standard input, and the default
    #[arg(long, value_name = "FILE|-")]
    feed: Vec<PathBuf>,
    /// Stream this relation. By default the outputs and every goal's `missing` and `ready`
    #[arg(long, value_name = "REL")]
    watch: Vec<String>,
    /// The moment to start at; `at` lines move on from there. The system's clock by default
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    now: Option<Timestamp>,
    #[command(flatten)]
    workers: Workers,
    /// How changes are written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let loaded = load(&arguments.file)?;
    let program = &loaded.program;
    let shown = match arguments.watch.as_slice() {
        [] => streamed(program),
        names => {
            names.iter().map(|name| find_relation(program, name)).collect::<Result<Vec<_>, _>>()?
        }
    };
    let paths = match arguments.feed.as_slice() {
        [] => vec![PathBuf::from("-")],
        paths => paths.to_vec(),
    };
    let feeds = open_all(&paths)?;
    let out = BufWriter::new(io::stdout().lock());
    let format = arguments.output.into();
    let mut stream = Stream { program, shown, out, format, is_refused: false };
    let session = stream.start(&loaded, arguments)?;
    let inputs = Inputs::start(feeds)?;
    if paths.iter().any(|path| path.as_os_str() == "-") && io::stdin().is_terminal() {
        talk::plain("reading changes from this terminal; Ctrl-D ends them\n");
    }
    stream.follow(session, &inputs)?;
    Ok(if stream.is_refused { Status::Faulty } else { Status::Done })
}

/// The way out.
struct Stream<'a> {
    program: &'a Program,
    /// The relations that are written.
    shown: Vec<RelationId>,
    out: BufWriter<StdoutLock<'static>>,
    format: Format,
    is_refused: bool,
}

impl Stream<'_> {
    /// Reads the sources; what follows from them is the first transaction.
    fn start(&mut self, loaded: &Loaded, arguments: &Arguments) -> Result<Session, Failure> {
        let progress = Progress::start();
        let mut watched = self.shown.clone();
        watched.push(self.program.builtins.rule_error);
        // Who asks for errors asks for those of all that would be streamed.
        let asks_for_errors = self.shown.contains(&self.program.builtins.rule_error);
        let readable = if asks_for_errors { streamed(self.program) } else { Vec::new() };
        let demand = Demand { watched, readable };
        let tables = sources::read_all(loaded, &progress)?;
        progress.say("deriving what is owed");
        let mut clock = Clock::new(arguments.now);
        let changes = sources::inserts(tables, self.program, clock.read());
        let workers = arguments.workers.gather_aloud()?;
        let mut session = Session::new(self.program, &demand, workers, clock);
        let delta = session.apply(changes).map_err(|mistake| refused(&mistake))?;
        drop(progress);
        self.write(delta)?;
        Ok(session)
    }

    /// Answers what comes in until it ends.
    fn follow(&mut self, mut session: Session, inputs: &Inputs) -> Result<(), Failure> {
        let vocabulary = vocabulary(self.program);
        loop {
            match inputs.next(session.alarm()) {
                Input::Line(feed, raw) => {
                    let line = raw.text.and_then(|text| parse_line(&text, &vocabulary));
                    match session.take(raw.number, line) {
                        Ok(answer) => self.answer(answer)?,
                        Err(mistake) => {
                            self.is_refused = true;
                            talk::refusal(&feed.place(raw.number), &mistake);
                        }
                    }
                }
                Input::EndOfFeed(feed) => {
                    if let Err(mistake) = session.end_feed() {
                        self.is_refused = true;
                        talk::refusal(&feed.title(), &mistake);
                    }
                }
                Input::Alarm => {
                    let delta = session.apply(Vec::new()).map_err(|mistake| refused(&mistake))?;
                    self.write(delta)?;
                }
                Input::Broken(failure) => return Err(failure),
                Input::Interrupted | Input::End => return Ok(()),
            }
        }
    }

    fn answer(&mut self, answer: Answer) -> Result<(), Failure> {
        match answer {
            Answer::Nothing => Ok(()),
            Answer::Delta(delta) => self.write(delta),
            Answer::Echo(token) => {
                write_echo(&mut self.out, &token, self.format)?;
                Ok(self.out.flush()?)
            }
        }
    }

    fn write(&mut self, mut delta: Delta) -> Result<(), Failure> {
        for error in rule_errors::grown(&delta, self.program) {
            talk::warning(&error);
        }
        delta.relations.retain(|one| self.shown.contains(&one.relation));
        write_delta(&mut self.out, &delta, &self.program.schema, self.format)?;
        Ok(self.out.flush()?)
    }
}
