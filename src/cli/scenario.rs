//! Scenarios: feed lines and what is to come of them, for a program's own tests and for ours.
//! The clock is driven by `at` lines, and stands at 1970-01-01T00:00Z before the first.

use std::path::Path;

use super::clock::Clock;
use super::load::{Loaded, compile_file};
use super::plan::streamed;
use super::progress::Progress;
use super::scenario_file::{Block, parse, print};
use super::scenario_line::{Directive, directive};
use super::session::{Answer, Session};
use super::vocabulary::vocabulary;
use super::{rule_errors, sources};
use crate::diagnostic::{Look, render_text};
use crate::feed::{
    Format, Line, Mistake, Vocabulary, nearest, parse_line, write_changes, write_delta, write_echo,
};
use crate::model::{Delta, Relation, RelationId, Timestamp};
use crate::plan::Demand;
use crate::program::Program;

/// What came of a scenario.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub blocks: Vec<BlockOutcome>,
    /// The scenario with what came of it as what is expected.
    pub rewritten: String,
}

/// What came of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// What it shows, in its own words.
    pub title: String,
    /// The number of its first line in the file.
    pub line: usize,
    pub expected: Vec<String>,
    pub got: Vec<String>,
    /// Rule errors that appeared, in words.
    pub warnings: Vec<String>,
}

impl BlockOutcome {
    /// Whether what came is what was expected.
    pub fn is_as_expected(&self) -> bool {
        self.expected == self.got
    }

    /// Both, line by line: what was expected only, what came only, and what is the same.
    pub fn diff(&self) -> String {
        let (expected, got): (Vec<&str>, Vec<&str>) = (
            self.expected.iter().map(String::as_str).collect(),
            self.got.iter().map(String::as_str).collect(),
        );
        let diff = similar::TextDiff::from_slices(&expected, &got);
        let line = |change: similar::Change<&str>| {
            let side = match change.tag() {
                similar::ChangeTag::Equal => "        ",
                similar::ChangeTag::Delete => "expected",
                similar::ChangeTag::Insert => "got     ",
            };
            format!("    {side} | {}\n", change.value())
        };
        diff.iter_all_changes().map(line).collect()
    }
}

/// Runs a scenario against a rules file.
///
/// # Errors
/// If the program has errors: its diagnostics as text.
pub fn run(rules: &Path, scenario: &str, workers: usize) -> Result<Outcome, String> {
    let compiled = compile_file(rules).map_err(|failure| failure.to_string())?;
    match compiled.program {
        Some(program) => {
            let loaded = Loaded { sources: compiled.sources, file: compiled.file, program };
            Ok(run_loaded(&loaded, scenario, workers))
        }
        None => Err(render_text(&compiled.diagnostics, &compiled.sources, Look::PLAIN)),
    }
}

/// Runs a scenario against a program.
pub(super) fn run_loaded(loaded: &Loaded, scenario: &str, workers: usize) -> Outcome {
    let mut blocks = parse(scenario);
    let mut player = Player::new(loaded, &blocks, workers);
    let mut outcomes = Vec::new();
    for block in blocks.iter_mut().filter(|block| !block.is_prose()) {
        let (got, warnings) = player.play(block);
        let expected = block.expect(&got);
        let (title, line) = (block.title(), block.line);
        outcomes.push(BlockOutcome { title, line, expected, got, warnings });
    }
    Outcome { blocks: outcomes, rewritten: print(&blocks) }
}

/// Plays the blocks of a scenario, one after the other.
struct Player<'a> {
    loaded: &'a Loaded,
    vocabulary: Vocabulary<'a>,
    /// Everything that is shown anywhere in the scenario.
    demand: Demand,
    workers: usize,
    session: Session,
    shown: Vec<RelationId>,
}

/// What came of a block so far.
#[derive(Default)]
struct Played {
    /// In the order in which they came.
    events: Vec<Event>,
    warnings: Vec<String>,
}

enum Event {
    Delta(Delta),
    /// A line that is written as it is.
    Line(String),
}

impl<'a> Player<'a> {
    fn new(loaded: &'a Loaded, blocks: &[Block], workers: usize) -> Player<'a> {
        let program = &loaded.program;
        let shown = streamed(program);
        let mut demand = Demand { watched: shown.clone(), readable: Vec::new() };
        demand.watched.push(program.builtins.rule_error);
        let named = |name: &&str| program.schema.find(name).map(|relation| relation.id);
        for line in blocks.iter().flat_map(|block| &block.input) {
            match directive(line) {
                Ok(Some(Directive::Watch(names))) => {
                    demand.watched.extend(names.iter().filter_map(named));
                }
                Ok(Some(Directive::List(name))) => demand.readable.extend(named(&name)),
                Ok(Some(Directive::Fresh | Directive::Sources) | None) | Err(_) => {}
            }
        }
        let session = begin(program, &demand, workers);
        let vocabulary = vocabulary(program);
        Player { loaded, vocabulary, demand, workers, session, shown }
    }

    /// The lines that come of a block, and warnings.
    fn play(&mut self, block: &Block) -> (Vec<String>, Vec<String>) {
        let mut played = Played::default();
        for (at, line) in block.input.iter().enumerate() {
            let number = u64::try_from(at + 1).expect("few lines");
            if let Err(mistake) = self.play_line(number, line, &mut played) {
                played.events.push(Event::Line(format!("error: {mistake}")));
            }
        }
        if let Err(mistake) = self.session.end_feed() {
            played.events.push(Event::Line(format!("error: {mistake}")));
        }
        (self.lines(&played.events), played.warnings)
    }

    fn play_line(&mut self, number: u64, line: &str, played: &mut Played) -> Result<(), Mistake> {
        let program = &self.loaded.program;
        match directive(line) {
            Ok(Some(Directive::Fresh)) => {
                let ended = self.session.end_feed();
                self.session = begin(program, &self.demand, self.workers);
                self.shown = streamed(program);
                ended?;
            }
            Ok(Some(Directive::Sources)) => {
                let tables = sources::read_all(self.loaded, &Progress::start())
                    .map_err(|failure| Mistake::new(failure.to_string()))?;
                let changes = sources::replacements(tables, program, self.session.now());
                let delta = self.session.apply(changes)?;
                self.keep(delta, played);
            }
            Ok(Some(Directive::Watch(names))) => {
                let ids = names.iter().map(|name| Ok(find(program, name)?.id));
                self.shown = ids.collect::<Result<_, Mistake>>()?;
            }
            Ok(Some(Directive::List(name))) => {
                let relation = find(program, name)?;
                for row in self.session.rows(relation.id) {
                    let terms: Vec<String> = row.iter().map(ToString::to_string).collect();
                    let fact = format!("{}({})", relation.name, terms.join(", "));
                    played.events.push(Event::Line(fact));
                }
            }
            Ok(None) => {
                self.take(number, parse_line(line, &self.vocabulary), played)?;
            }
            // A bad line refuses its transaction, whatever it was to be.
            Err(mistake) => self.take(number, Err(mistake), played)?,
        }
        Ok(())
    }

    fn take(
        &mut self,
        number: u64,
        line: Result<Line, Mistake>,
        played: &mut Played,
    ) -> Result<(), Mistake> {
        match self.session.take(number, line)? {
            Answer::Nothing => {}
            Answer::Delta(delta) => self.keep(delta, played),
            Answer::Echo(token) => {
                let line = written(|out| write_echo(out, &token, Format::Text));
                played.events.extend(line.into_iter().map(Event::Line));
            }
        }
        Ok(())
    }

    fn keep(&self, mut delta: Delta, played: &mut Played) {
        played.warnings.extend(rule_errors::grown(&delta, &self.loaded.program));
        delta.relations.retain(|one| self.shown.contains(&one.relation));
        played.events.push(Event::Delta(delta));
    }

    /// Where several transactions show something, `begin` and `commit` tell them apart.
    fn lines(&self, events: &[Event]) -> Vec<String> {
        let schema = &self.loaded.program.schema;
        let shows =
            |event: &&Event| matches!(event, Event::Delta(one) if !one.relations.is_empty());
        let is_several = events.iter().filter(shows).count() > 1;
        let lines = events.iter().flat_map(|event| match event {
            Event::Line(line) => vec![line.clone()],
            Event::Delta(delta) if is_several => {
                written(|out| write_delta(out, delta, schema, Format::Text))
            }
            Event::Delta(delta) => written(|out| write_changes(out, delta, schema, Format::Text)),
        });
        lines.collect()
    }
}

/// A session without facts, whose clock stands where every scenario's does at first.
fn begin(program: &Program, demand: &Demand, workers: usize) -> Session {
    let epoch = Timestamp::from_micros(0).expect("the epoch is in range");
    Session::new(program, demand, workers, Clock::new(Some(epoch)))
}

fn find<'a>(program: &'a Program, name: &str) -> Result<&'a Relation, Mistake> {
    program.schema.find(name).ok_or_else(|| {
        let names = program.schema.relations().iter().map(|relation| relation.name.as_str());
        let mistake = Mistake::new(format!("the program has no relation \"{name}\""));
        match nearest(name, names) {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        }
    })
}

/// The lines that a writer writes.
fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Vec<String> {
    let mut out = Vec::new();
    write(&mut out).expect("memory takes all");
    String::from_utf8(out).expect("lines are text").lines().map(str::to_string).collect()
}
