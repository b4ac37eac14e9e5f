//! The world itself: what is so, what runs, and what happens next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use owed::compile::{Compiled, Loaded, compile};
use owed::feed::{Format, Line, parse_line, write_delta};
use owed::model::{Author, AuthorKind, Change, Delta, Duration, RelationId, Row, Timestamp, Value};
use owed::reconcile::{Key, Mode, Notice, RunId};
use owed::runtime::{
    Effect, Ended, Event, Machine, Prelude, ProcessExit, Request, StoreOptions, Ticket, vocabulary,
    with_prelude,
};

use super::manners::{ActionManner, CheckManner};

/// A machine in its world.
pub struct Stage {
    pub loaded: Loaded,
    pub prelude: Prelude,
    pub machine: Option<Machine>,
    pub now: Timestamp,
    folder: tempfile::TempDir,
    /// What is so.
    pub truth: BTreeSet<(RelationId, Row)>,
    pub checks: BTreeMap<String, CheckManner>,
    pub actions: BTreeMap<String, ActionManner>,
    happenings: BTreeMap<(Timestamp, u64), Happening>,
    counter: u64,
    pub running: BTreeMap<RunId, Job>,
    /// What is written down of what happens.
    pub trace: String,
    pub shows_looks: bool,
    /// Nothing is written down but what is asked for.
    pub is_quiet: bool,
    /// How many actions were begun.
    pub acts: usize,
    /// How many turns the server has had.
    pub turns: usize,
    /// After which turn the server is killed, and when in it.
    pub crash: Option<(usize, Crash)>,
    pub watched: Vec<RelationId>,
}

/// When in a turn a server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// What follows from the turn never happens, though it is recorded.
    BeforeEffects,
    AfterEffects,
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A command comes to its end.
    End(RunId),
    /// Something is told.
    Tell(Vec<String>),
}

/// A command that runs.
#[derive(Clone, Debug)]
pub struct Job {
    pub goal: String,
    pub keys: Vec<Key>,
    pub is_action: bool,
    /// For each instance its attempt's number.
    pub numbers: Vec<u32>,
    pub exit: ProcessExit,
    pub complaint: String,
    pub output: String,
    pub makes: Vec<(RelationId, Row)>,
    pub stops_when_asked: bool,
    /// It says that all is well when it is stopped.
    pub gives_up: bool,
}

impl Stage {
    /// A world in which nothing is so, with a server that has just been started for the first
    /// time.
    pub fn new(rules: &Path, now: Timestamp, mode: Mode) -> Stage {
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let (loaded, prelude) = with_prelude(load(rules), mode);
        let mut stage = Stage {
            loaded,
            prelude,
            machine: None,
            now,
            folder: folder.expect("a folder can be made"),
            truth: BTreeSet::new(),
            checks: BTreeMap::new(),
            actions: BTreeMap::new(),
            happenings: BTreeMap::new(),
            counter: 0,
            running: BTreeMap::new(),
            trace: String::new(),
            shows_looks: false,
            is_quiet: false,
            acts: 0,
            turns: 0,
            crash: None,
            watched: Vec::new(),
        };
        stage.start();
        stage
    }

    /// Where the store is.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts the server.
    pub fn start(&mut self) {
        let options = StoreOptions { folder: self.data(), history: None };
        let program = (&self.loaded, self.prelude.clone());
        let started = Machine::start(program, &options, Vec::new(), self.now, 1);
        let (mut machine, adoptions, effects) = started.expect("the store opens");
        assert!(adoptions.is_empty(), "the rules are the same: {adoptions:?}");
        machine.listen(&self.watched);
        self.machine = Some(machine);
        self.carry_out(effects);
    }

    /// The server is asked to stop: nothing new begins.
    pub fn close(&mut self) {
        let effects = self.machine.as_mut().expect("the server runs").close();
        self.carry_out(effects);
    }

    /// The server is killed: what runs as its process is killed with it.
    pub fn crash(&mut self) {
        self.machine = None;
        self.running.clear();
        self.happenings.retain(|_, happening| matches!(happening, Happening::Tell(_)));
    }

    /// Lets time pass up to a moment.
    pub fn run_until(&mut self, end: Timestamp) {
        loop {
            let wake = self.machine.as_ref().and_then(Machine::next_wake);
            let next = self.happenings.keys().next().map(|(moment, _)| *moment);
            let Some(moment) = wake.into_iter().chain(next).min().filter(|next| *next <= end)
            else {
                break;
            };
            self.now = self.now.max(moment);
            let mut events = Vec::new();
            while let Some((key, _)) = self.happenings.first_key_value() {
                if key.0 > self.now {
                    break;
                }
                let (_, happening) = self.happenings.pop_first().expect("it is there");
                events.extend(self.happen(happening));
            }
            self.turn(events);
        }
        self.now = self.now.max(end);
    }

    /// One turn of the machine, now.
    pub fn turn(&mut self, events: Vec<Event>) {
        let Some(machine) = &mut self.machine else { return };
        let effects = machine.turn(self.now, events);
        let crash = self.crash.filter(|(turn, _)| *turn == self.turns).map(|(_, crash)| crash);
        self.turns += 1;
        if crash != Some(Crash::BeforeEffects) {
            self.carry_out(effects);
        }
        if crash.is_some() {
            self.crash();
            self.start();
        }
    }

    /// Tells the server lines of a feed, as one transaction.
    pub fn tell(&mut self, lines: &[String]) {
        let event = self.submission(lines);
        self.turn(vec![event]);
    }

    /// Asks something of the server.
    pub fn ask(&mut self, request: Request) {
        let who = "ann".to_string();
        self.turn(vec![Event::Ask { ticket: Ticket(0), who, request }]);
    }

    fn submission(&self, lines: &[String]) -> Event {
        let mut submission = owed::feed::Submission::default();
        for line in lines {
            match parse_line(line, &vocabulary(&self.loaded.program)) {
                Ok(Line::Change(change)) => submission.changes.push(change),
                Ok(Line::Looked(looked)) => submission.looked.push(looked),
                Ok(Line::Report(report)) => submission.reports.push(report),
                other => panic!("{line}: {other:?}"),
            }
        }
        let author = Author::new(AuthorKind::Person, "ann");
        Event::Submit { ticket: Ticket(0), author, submission }
    }

    /// A fact of the world as a relation's row.
    pub fn fact(&self, text: &str) -> (RelationId, Row) {
        match parse_line(&format!("+{text}"), &vocabulary(&self.loaded.program)) {
            Ok(Line::Change(Change::Insert { relation, row })) => (relation, row),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn happen(&mut self, happening: Happening) -> Option<Event> {
        match happening {
            Happening::Tell(lines) => Some(self.submission(&lines)),
            Happening::End(run) => {
                let job = self.running.remove(&run)?;
                self.truth.extend(job.makes.iter().cloned());
                if job.is_action {
                    let names: Vec<String> = self.names(&job.goal, &job.keys);
                    self.note(&format!("{} ends: {}", names.join(", "), end_of(&job)));
                }
                let Job { exit, complaint, output, .. } = job;
                Some(Event::Ended {
                    run,
                    ended: Ended { exit, output: output.into_bytes(), complaint },
                })
            }
        }
    }

    /// Somebody sets the system's clock; whatever was to happen after a while happens then.
    pub fn step_clock(&mut self, by: Duration) {
        let step = |moment: Timestamp| moment.checked_add(by).expect("the calendar goes on");
        self.now = step(self.now);
        let happenings = std::mem::take(&mut self.happenings);
        let moved = happenings.into_iter().map(|((moment, at), one)| ((step(moment), at), one));
        self.happenings = moved.collect();
    }

    /// Lets something happen after a while.
    pub fn after(&mut self, delay: Duration, happening: Happening) {
        self.counter += 1;
        let moment = self.now.checked_add(delay).expect("the calendar goes on");
        self.happenings.insert((moment, self.counter), happening);
    }

    /// Does what the machine wants.
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Look { run, goal, keys } => self.look(run, &goal, keys),
                Effect::Act { run, goal, starts } => self.act(run, &goal, &starts),
                Effect::Stop { run, why } => self.stop(run, &why.to_string()),
                Effect::Changed(delta) => self.changed(delta),
                Effect::Notice(Notice::Tripped { pool, failures, message }) => {
                    self.note(&format!("pool {pool} trips after {failures}: {message}"));
                }
                Effect::Notice(Notice::Recovered { pool }) => {
                    self.note(&format!("pool {pool} recovers"));
                }
                Effect::Answer { answer: Err(why), .. } => self.note(&format!("refused: {why}")),
                Effect::Answer { answer: Ok(_), .. } => {}
                Effect::Trouble { of, message } => self.note(&format!("{of}: {message}")),
                Effect::StoreFails(why) => self.note(&format!("the store fails: {why}")),
                Effect::StoreWorks => self.note("the store works"),
                Effect::Halt(why) => self.note(&format!("halt: {why}")),
                Effect::ReadSources(_) => {}
            }
        }
    }

    fn changed(&mut self, mut delta: Delta) {
        delta.relations.retain(|one| self.watched.contains(&one.relation));
        let mut out = Vec::new();
        let schema = &self.loaded.program.schema;
        write_delta(&mut out, &delta, schema, Format::Text).expect("memory takes all");
        let text = String::from_utf8(out).expect("lines are text");
        for line in text.lines().filter(|line| !matches!(*line, "begin" | "commit")) {
            self.note(line);
        }
    }

    pub fn fill(&self, template: &str, goal: &str, key: &[Value]) -> String {
        let parameters = &self.loaded.program.schema.find(goal).expect("a goal").columns;
        parameters.iter().zip(key).fold(template.to_string(), |text, (parameter, value)| {
            text.replace(&format!("{{{}}}", parameter.name), &value.to_string())
        })
    }

    pub fn names(&self, goal: &str, keys: &[Key]) -> Vec<String> {
        let mut names: Vec<String> = keys.iter().map(|key| instance(goal, key)).collect();
        names.sort();
        names
    }

    pub fn name(&self, relation: RelationId) -> &str {
        &self.loaded.program.schema.relation(relation).name
    }

    /// Writes down what happens.
    pub fn note(&mut self, text: &str) {
        if !self.is_quiet {
            self.say(text);
        }
    }

    /// Writes down what was asked for.
    pub fn say(&mut self, text: &str) {
        let moment = self.now.to_string();
        writeln!(self.trace, "{moment} {text}").expect("memory takes all");
    }

    /// The current rows of a relation.
    pub fn rows(&mut self, name: &str) -> Vec<Row> {
        let relation = self.loaded.program.schema.find(name).expect("the relation is there").id;
        let machine = self.machine.as_mut().expect("the server runs");
        machine.rows(relation, &[]).expect("the relation may be read")
    }
}

fn load(rules: &Path) -> Loaded {
    let Compiled { sources, file, program, diagnostics } =
        compile(rules, &mut |path| std::fs::read(path));
    let program = program.unwrap_or_else(|| panic!("{}: {diagnostics:?}", rules.display()));
    Loaded { sources, file, program }
}

/// An instance or a fact as people write it.
pub fn instance(name: &str, values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!("{name}({})", values.join(", "))
}

fn end_of(job: &Job) -> String {
    match (&job.exit, job.complaint.as_str()) {
        (ProcessExit::Code(code), "") => format!("exit {code}"),
        (ProcessExit::Code(code), complaint) => format!("exit {code}: {complaint}"),
        (ProcessExit::Signal(signal), _) => signal.clone(),
        (ProcessExit::Failed(why), _) => why.clone(),
    }
}
