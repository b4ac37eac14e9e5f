//! A world that a machine looks at and acts upon, in virtual time: what is so in it, what runs,
//! and what happens next.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fastrand::Rng;
use owed::compile::{Compiled, Loaded, compile};
use owed::feed::{Line, Submission, parse_line};
use owed::model::{Author, AuthorKind, Date, RelationId, Row, Schema, Timestamp, Value};
use owed::reconcile::{Mode, RunId};
use owed::runtime::{
    Effect, Event, Machine, Prelude, Request, SourceNews, Ticket, vocabulary, with_prelude,
};

use super::data::Data;
use super::facts::{Facts, Moment};
use super::jobs::Job;
use super::ledger::{Instance, Ledger};
use super::shape::{Key, Shape, Witness};

pub const SECOND: i64 = 1_000_000;
pub const HOUR: i64 = 3600 * SECOND;
/// 2026-03-01.
pub const FIRST_DAY: i64 = 20_513;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A process comes to its end.
    End(RunId),
    /// The machine hears of something, if it is the same server still.
    Hear {
        server: u32,
        event: Event,
    },
    /// Somebody says something, as one transaction.
    Tell(Vec<String>),
    /// Somebody asks for something.
    Ask(Request),
    /// Detached work does what it was set going for, and may say how it went.
    Detached {
        instance: Instance,
        works: bool,
        says: Option<String>,
    },
    /// A source is read.
    Read(String),
    /// Somebody or something makes trouble.
    Mischief,
    Restart,
}

pub struct World {
    pub rng: Rng,
    pub shape: Shape,
    pub mode: Mode,
    pub loaded: Loaded,
    pub prelude: Prelude,
    pub machine: Option<Machine>,
    /// How often a server was started.
    pub server: u32,
    /// What time it is, in microseconds; and how far the system's clock is ahead of that.
    pub real: i64,
    pub skew: i64,
    pub data: Data,
    pub queue: BTreeMap<(i64, u64), Happening>,
    counter: u64,
    /// What is so: by goal, the instance (or its day), and a number.
    pub truth: BTreeMap<(String, Key), i64>,
    pub jobs: BTreeMap<RunId, Job>,
    pub facts: Facts,
    pub ledger: Ledger,
    /// What the machine keeps for when its store works again.
    pub kept: Vec<Event>,
    pub store_fails: bool,
    /// What is paused, as far as somebody was told so; and what the answers on their way say.
    pub paused: BTreeSet<Row>,
    pub pauses: BTreeMap<Ticket, BTreeSet<Row>>,
    /// Everything is honest from now on.
    pub is_calm: bool,
    pub turns: u64,
    pub trace: Vec<String>,
    pub prints: bool,
}

impl World {
    pub fn new(seed: u64, prints: bool) -> World {
        let mut rng = Rng::with_seed(seed);
        let shape = Shape::random(&mut rng);
        let mode = if rng.u8(..16) == 0 { Mode::ObserveOnly } else { Mode::Act };
        let (loaded, prelude) = load(&shape, mode);
        let data = Data::new(rng.u8(..6) == 0);
        let hour = rng.i64(0..24);
        let mut world = World {
            rng,
            shape,
            mode,
            loaded,
            prelude,
            machine: None,
            server: 0,
            real: (FIRST_DAY + 10) * 24 * HOUR + hour * HOUR,
            skew: 0,
            data,
            queue: BTreeMap::new(),
            counter: 0,
            truth: BTreeMap::new(),
            jobs: BTreeMap::new(),
            facts: Facts::default(),
            ledger: Ledger::default(),
            kept: Vec::new(),
            store_fails: false,
            paused: BTreeSet::new(),
            pauses: BTreeMap::new(),
            is_calm: false,
            turns: 0,
            trace: Vec::new(),
            prints,
        };
        world.note(&format!("{mode:?}\n{}", world.shape.text()));
        world.start();
        world
    }

    /// The system's clock.
    pub fn clock(&self) -> Timestamp {
        Timestamp::from_micros(self.real + self.skew).expect("it is some year")
    }

    /// The machine's.
    pub fn machine_now(&self) -> Timestamp {
        self.machine.as_ref().map_or(self.clock(), Machine::now)
    }

    pub fn after(&mut self, seconds: i64, happening: Happening) {
        self.counter += 1;
        self.queue.insert((self.real + seconds * SECOND, self.counter), happening);
    }

    pub fn forget(&mut self, unwanted: impl Fn(&Happening) -> bool) {
        self.queue.retain(|_, happening| !unwanted(happening));
    }

    /// Lets time pass until a moment, for so many turns at most. Whether the moment came.
    pub fn run_until(&mut self, end: i64, turns_max: u64) -> bool {
        let last = self.turns.saturating_add(turns_max);
        while self.turns < last {
            let wake = self.machine.as_ref().and_then(Machine::next_wake);
            let wake = wake.map(|wake| wake.micros() - self.skew);
            let next = self.queue.keys().next().map(|(moment, _)| *moment);
            let Some(moment) = wake.into_iter().chain(next).min().filter(|next| *next <= end)
            else {
                self.real = self.real.max(end);
                return true;
            };
            self.real = self.real.max(moment);
            let events = self.due();
            self.turn(events);
        }
        false
    }

    pub fn happen(&mut self, happening: Happening) -> Vec<Event> {
        match happening {
            Happening::End(run) => return self.end(run),
            Happening::Hear { server, event } => {
                return if server == self.server { vec![event] } else { Vec::new() };
            }
            Happening::Tell(lines) => return vec![self.submission(&lines)],
            Happening::Detached { instance, works, says } => {
                if works {
                    self.make_true(&instance);
                }
                let event = says.map(|outcome| {
                    let line = self.report(&instance, &outcome);
                    self.submission(&[line])
                });
                return event.into_iter().collect();
            }
            Happening::Read(goal) => {
                let rows = match !self.is_calm && self.rng.u8(..5) == 0 {
                    true => {
                        // It is tried again.
                        let delay = self.rng.i64(1..60);
                        self.after(delay, Happening::Read(goal.clone()));
                        Err("it cannot be read".to_string())
                    }
                    false => Ok(self.source_rows(&goal)),
                };
                let name = self.shape.goal(&goal).relation();
                let relation = self.schema().find(&name).expect("it is declared").id;
                return vec![Event::SourceRead { relation, news: rows.into() }];
            }
            Happening::Ask(request) => return vec![self.ask(request)],
            Happening::Mischief => return self.mischief(),
            Happening::Restart => self.start(),
        }
        Vec::new()
    }

    pub fn schema(&self) -> &Schema {
        &self.loaded.program.schema
    }

    pub fn relation(&self, name: &str) -> RelationId {
        self.schema().find(name).expect("the relation is there").id
    }

    pub fn ticket(&mut self) -> Ticket {
        self.counter += 1;
        Ticket(self.counter)
    }

    pub fn submission(&mut self, lines: &[String]) -> Event {
        self.note(&format!("say {}", lines.join("; ")));
        let mut submission = Submission::default();
        for line in lines {
            match parse_line(line, &vocabulary(&self.loaded.program)) {
                Ok(Line::Change(change)) => submission.changes.push(change),
                Ok(Line::Looked(looked)) => submission.looked.push(looked),
                Ok(Line::Report(report)) => submission.reports.push(report),
                other => panic!("{line}: {other:?}"),
            }
        }
        let author = Author::new(AuthorKind::Person, "ann");
        Event::Submit { ticket: self.ticket(), author, submission }
    }

    pub fn ask(&mut self, request: Request) -> Event {
        self.note(&format!("ask {request:?}"));
        Event::Ask { ticket: self.ticket(), who: "bob".to_string(), request }
    }

    /// How somebody reports on an attempt.
    pub fn report(&self, instance: &Instance, outcome: &str) -> String {
        let (goal, key) = instance;
        let columns = &self.schema().find(goal).expect("it is a goal").columns;
        let values = columns.iter().zip(key);
        let values: String =
            values.map(|(column, value)| format!("{}: {value}, ", column.name)).collect();
        format!("+{goal}.attempt({values}outcome: \"{outcome}\", message: \"it says so\")")
    }

    /// Where the world has what an instance is about.
    pub fn place(&self, (goal, key): &Instance) -> (String, Key) {
        match self.shape.goal(goal).witness {
            Witness::DayWide => (goal.clone(), vec![key[1].clone()]),
            _ => (goal.clone(), key.clone()),
        }
    }

    pub fn make_true(&mut self, instance: &Instance) {
        let place = self.place(instance);
        self.truth.insert(place, 1);
        self.watch(&instance.0);
    }

    /// Where a source has changed it is read.
    pub fn watch(&mut self, goal: &str) {
        if self.shape.goal(goal).witness == Witness::Sourced {
            let delay = if self.is_calm { 1 } else { self.rng.i64(0..60) };
            self.after(delay, Happening::Read(goal.to_string()));
        }
    }

    pub fn source_rows(&self, goal: &str) -> Vec<Row> {
        let of_goal = self.truth.keys().filter(|(other, _)| other == goal);
        of_goal.map(|(_, key)| key.clone()).collect()
    }

    /// What a server finds when it starts; what cannot be read then is read later.
    pub fn first_readings(&mut self) -> Vec<SourceNews> {
        let mut sources = self.sources();
        let sourced = self.shape.goals.iter().filter(|goal| goal.witness == Witness::Sourced);
        let goals: Vec<String> = sourced.map(|goal| goal.name.clone()).collect();
        for goal in goals {
            let relation = self.relation(&self.shape.goal(&goal).relation());
            let source = sources.iter_mut().find(|(id, _)| *id == relation);
            if let Some((_, news)) = source.filter(|_| !self.is_calm && self.rng.u8(..3) == 0) {
                *news = Err("it cannot be read yet".to_string()).into();
                let delay = self.rng.i64(1..60);
                self.after(delay, Happening::Read(goal));
            }
        }
        sources
    }

    pub fn sources(&self) -> Vec<SourceNews> {
        let goals = self.shape.goals.iter().filter(|goal| goal.witness == Witness::Sourced);
        let rows = |goal: &super::shape::GoalShape| {
            (self.relation(&goal.relation()), Ok(self.source_rows(&goal.name)).into())
        };
        goals.map(rows).collect()
    }

    /// What an instance needs, by the facts that were told.
    pub fn needs(&self, goal: &str, key: &[Value]) -> Vec<Instance> {
        let campaigns: BTreeSet<Row> = self.facts.rows("campaign");
        let campaigns: Vec<Value> = campaigns.into_iter().flatten().collect();
        let wanted = self.facts.rows("wanted").into_iter().next();
        let wanted = wanted.map(|row| match row.as_slice() {
            [Value::Date(from), Value::Date(to)] => (*from, *to),
            other => panic!("{other:?}"),
        });
        let wanted: Option<(Date, Date)> = wanted;
        self.shape.needs(goal, key, &campaigns, wanted)
    }

    pub fn moment(&self) -> Moment {
        self.ledger.moment
    }

    pub fn note(&mut self, text: &str) {
        let line = format!("{} {text}", self.clock());
        if self.prints {
            println!("{line}");
        }
        self.trace.push(line);
    }

    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Look { run, goal, keys } => self.look(run, &goal, &keys),
                Effect::Act { run, goal, starts } => self.act(run, &goal, &starts),
                Effect::Stop { run, why } => self.stop(run, why),
                Effect::ReadSources(relations) => self.read_sources(&relations),
                Effect::Changed(delta) => self.ledger.changed(&delta),
                Effect::Answer { ticket, .. } => {
                    self.paused = self.pauses.remove(&ticket).unwrap_or(self.paused.clone());
                }
                Effect::Notice(_) | Effect::Trouble { .. } => {}
                Effect::StoreFails(why) => {
                    self.note(&format!("the store fails: {why}"));
                    self.store_fails = true;
                }
                Effect::StoreWorks => {
                    self.note("the store works");
                    self.store_fails = false;
                }
                Effect::Halt(why) => panic!("halt: {why}"),
            }
        }
    }

    fn read_sources(&mut self, relations: &[RelationId]) {
        let goals: Vec<String> = self.shape.goals.iter().map(|goal| goal.name.clone()).collect();
        for goal in goals {
            let name = self.shape.goal(&goal).relation();
            let relation = self.schema().find(&name).map(|relation| relation.id);
            if relation.is_some_and(|relation| relations.contains(&relation)) {
                let delay = self.rng.i64(0..3);
                self.after(delay, Happening::Read(goal));
            }
        }
    }
}

/// The program with what a server adds to it.
pub fn load(shape: &Shape, mode: Mode) -> (Loaded, Prelude) {
    let text = shape.text();
    let read = &mut |_: &Path| Ok(text.clone().into_bytes());
    let Compiled { sources, file, program, diagnostics } = compile(Path::new("sim.rules"), read);
    let program = program.unwrap_or_else(|| panic!("{diagnostics:?}\n{text}"));
    with_prelude(Loaded { sources, file, program }, mode)
}
