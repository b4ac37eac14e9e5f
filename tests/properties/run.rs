//! One case: a program and transactions, run through the engine and read by the naive
//! evaluator, held against each other after every transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{set_hook, take_hook};
use std::path::Path;
use std::sync::Once;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use owed::compile::compile;
use owed::engine::{Engine, Workers};
use owed::model::{Delta, RelationId, RelationKind, Row, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};
use owed::program::Program;

use super::naive::{Facts, Model, evaluate};
use super::text::{Statement, join};
use super::transactions::{Clock, Step};

/// A program, what happens to it, and who looks.
#[derive(Clone, Debug)]
pub struct Case {
    pub statements: Vec<Statement>,
    pub steps: Vec<Step>,
    pub workers: Workers,
    pub watch: Watch,
}

/// What is asked of the plan: what is not asked for may not be there.
#[derive(Clone, Copy, Debug)]
pub enum Watch {
    /// Everything is watched, and can be read.
    All,
    /// Every other relation is watched and cannot be read; the rest is the other way round.
    Half,
}

/// Compiles a program text; diagnostics are the error.
pub fn compile_text(text: &str) -> Result<Program, String> {
    let compiled = compile(Path::new("case.rules"), &mut |_| Ok(text.into()));
    compiled.program.ok_or_else(|| {
        let errors = compiled.diagnostics.iter().filter(|d| d.is_error());
        let line = |d: &owed::diagnostic::Diagnostic| {
            format!("{}: {}\n", compiled.sources.slice(d.primary.span), d.message)
        };
        errors.map(line).collect()
    })
}

/// The program's text with its goals as plain rules.
pub fn expand_text(text: &str) -> String {
    let compiled = compile(Path::new("case.rules"), &mut |_| Ok(text.into()));
    owed::syntax::print(&owed::program::expand(&compiled.file))
}

/// Whether every relation of the one program has the same rows in the other.
pub fn compare_programs(one: &Program, other: &Program, steps: &[Step]) -> Result<(), String> {
    let (mut facts, mut other_facts) = (Facts::default(), Facts::default());
    let mut now = Timestamp::MIN;
    for step in steps {
        now = match step.clock {
            Clock::At(moment) => moment,
            Clock::By(micros) | Clock::Alarm(micros) => {
                let length = owed::model::Duration::from_micros(micros.max(0));
                now.checked_add(length).expect("steps are short")
            }
        };
        facts.apply(&step.resolve(&one.schema), &one.schema);
        other_facts.apply(&step.resolve(&other.schema), &other.schema);
        let (model, other_model) = (evaluate(one, &facts, now), evaluate(other, &other_facts, now));
        for relation in one.schema.relations() {
            let rows = &model.relations[&relation.id];
            // What no rule derives is not written down.
            let twin = other.schema.find(&relation.name);
            let other_rows = twin.map(|twin| other_model.relations[&twin.id].clone());
            let other_rows = &other_rows.unwrap_or_default();
            if rows != other_rows {
                return Err(difference(&relation.name, rows, other_rows));
            }
        }
    }
    Ok(())
}

/// How long a case may take; they take milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The error where it takes longer.
pub const ENDLESS: &str = "it does not end";

/// What a thread that runs a case is called.
const THREAD: &str = "case";

/// Keeps panics of the engine, which are caught and told once, from being told each time.
pub fn quieten_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = take_hook();
        set_hook(Box::new(move |panic| {
            // The engine's other workers have no name.
            if thread::current().name().is_some_and(|name| name != THREAD) {
                tell(panic);
            }
        }));
    });
}

/// Runs the case on a thread of its own; says what differs. A panic of the engine's is a
/// difference too, and so is its going on for ever.
pub fn run(case: &Case, program: &Program) -> Result<(), String> {
    let (case, program) = (case.clone(), program.clone());
    let (report, outcome) = channel();
    let thread = thread::Builder::new().name(THREAD.to_owned()).spawn(move || {
        // Nobody listens any more where patience ran out.
        let _ = report.send(Run::new(&case, &program).run());
    });
    let thread = thread.expect("threads can be started");
    match outcome.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => Err(ENDLESS.to_owned()),
        Err(RecvTimeoutError::Disconnected) => {
            let panic = thread.join().expect_err("it would have reported");
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(format!("panic: {}", text.unwrap_or_default()))
        }
    }
}

struct Run<'a> {
    case: &'a Case,
    program: &'a Program,
    readable: BTreeSet<RelationId>,
    engine: Engine,
    facts: Facts,
    now: Timestamp,
    /// What the deltas add up to, for each watched relation.
    sums: BTreeMap<RelationId, BTreeSet<Row>>,
}

impl<'a> Run<'a> {
    fn new(case: &'a Case, program: &'a Program) -> Run<'a> {
        let mut demand = Demand { watched: Vec::new(), readable: Vec::new() };
        for (place, relation) in program.schema.relations().iter().enumerate() {
            let is_even = place % 2 == 0;
            match case.watch {
                Watch::Half if is_even => demand.watched.push(relation.id),
                Watch::Half => demand.readable.push(relation.id),
                Watch::All => {
                    demand.watched.push(relation.id);
                    demand.readable.push(relation.id);
                }
            }
        }
        let sums = demand.watched.iter().map(|id| (*id, BTreeSet::new())).collect();
        let readable = demand.readable.iter().copied().collect();
        let engine = Engine::new(plan(program, &demand), case.workers.clone());
        let facts = Facts::default();
        Run { case, program, readable, engine, facts, now: Timestamp::MIN, sums }
    }

    fn run(mut self) -> Result<(), String> {
        for (place, step) in self.case.steps.iter().enumerate() {
            self.step(step).map_err(|error| format!("after transaction {}: {error}", place + 1))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.now = self.moment(step.clock);
        let changes = step.resolve(&self.program.schema);
        self.facts.apply(&changes, &self.program.schema);
        let transaction = Transaction { now: self.now, changes };
        let delta =
            self.engine.apply(transaction).map_err(|error| format!("refused: {error:?}"))?;
        self.add(&delta)?;
        // Texts that are in use must outlive those that are not.
        self.engine.forget_texts();
        let model = evaluate(self.program, &self.facts, self.now);
        self.compare(&model)?;
        self.compare_errors(&model)?;
        self.check_alarm(&model)
    }

    fn moment(&self, clock: Clock) -> Timestamp {
        let moved = match clock {
            Clock::At(moment) => moment,
            Clock::By(micros) => self.later(self.now, micros),
            Clock::Alarm(micros) => match self.engine.next_alarm() {
                Some(alarm) => self.later(alarm, micros),
                None => self.later(self.now, 3_600_000_000),
            },
        };
        // An alarm may be centuries away, where a date was given at the end of the calendar.
        let limit = Timestamp::parse("2030-01-01T00:00Z").expect("a time");
        if moved > limit { self.now } else { moved.max(self.now) }
    }

    fn later(&self, moment: Timestamp, micros: i64) -> Timestamp {
        moment.checked_add(owed::model::Duration::from_micros(micros)).unwrap_or(self.now)
    }

    /// Adds a delta to the sums: only real changes, in order.
    fn add(&mut self, delta: &Delta) -> Result<(), String> {
        let sorted = |rows: &[Row]| rows.windows(2).all(|pair| pair[0] < pair[1]);
        let mut last = None;
        for change in &delta.relations {
            let name = &self.program.schema.relation(change.relation).name;
            if last >= Some(change.relation) {
                return Err(format!("relations of the delta are out of order at {name}"));
            }
            last = Some(change.relation);
            if change.inserted.is_empty() && change.deleted.is_empty() {
                return Err(format!("empty delta of {name}"));
            }
            if !sorted(&change.inserted) || !sorted(&change.deleted) {
                return Err(format!("rows of the delta are out of order: {change:?}"));
            }
            let Some(sum) = self.sums.get_mut(&change.relation) else {
                return Err(format!("delta of {name}, which is not watched"));
            };
            for row in &change.deleted {
                if !sum.remove(row) {
                    return Err(format!("delta deletes {}, not there", show(name, row)));
                }
            }
            for row in &change.inserted {
                if !sum.insert(row.clone()) {
                    return Err(format!("delta inserts {}, there already", show(name, row)));
                }
            }
        }
        Ok(())
    }

    fn compare(&mut self, model: &Model) -> Result<(), String> {
        for relation in self.program.schema.relations() {
            let naive = &model.relations[&relation.id];
            // The naive evaluator does not tell errors.
            let is_error = relation.id == self.program.builtins.rule_error;
            let watched = self.sums.get(&relation.id);
            if let Some(sum) = watched.filter(|sum| *sum != naive && !is_error) {
                let difference = difference(&relation.name, naive, sum);
                return Err(format!("deltas do not add up to what is so:\n{difference}"));
            }
            if self.readable.contains(&relation.id) {
                let rows = self.engine.rows(relation.id, &[]);
                if !rows.windows(2).all(|pair| pair[0] < pair[1]) {
                    return Err(format!("rows of {} are out of order: {rows:?}", relation.name));
                }
                let wanted = if is_error { watched } else { Some(naive) };
                let rows: BTreeSet<Row> = rows.into_iter().collect();
                if let Some(wanted) = wanted.filter(|wanted| **wanted != rows) {
                    let difference = difference(&relation.name, wanted, &rows);
                    return Err(format!("what is read is not so:\n{difference}"));
                }
                self.check_prefix(relation.id, &rows)?;
            }
        }
        Ok(())
    }

    /// Reads by the first columns give what starts so.
    fn check_prefix(&mut self, relation: RelationId, rows: &BTreeSet<Row>) -> Result<(), String> {
        let Some(row) = rows.iter().nth(rows.len() / 2) else { return Ok(()) };
        for length in 1..=row.len() {
            let prefix = &row[..length];
            let read = self.engine.rows(relation, prefix);
            let expected = rows.iter().filter(|row| row.starts_with(prefix));
            if !read.iter().eq(expected) {
                let name = &self.program.schema.relation(relation).name;
                return Err(format!("reading {name} by the prefix {prefix:?} gives {read:?}"));
            }
        }
        Ok(())
    }

    /// A row that the whole body matched, and whose head has no value, is told.
    fn compare_errors(&mut self, model: &Model) -> Result<(), String> {
        let errors = self.program.builtins.rule_error;
        let told: Vec<Row> = match self.sums.get(&errors) {
            Some(sum) => sum.iter().cloned().collect(),
            None => self.engine.rows(errors, &[]),
        };
        for (place, error) in &model.errors {
            let rule = &self.program.rules[*place];
            let wanted = [Value::text(rule.label.as_str()), Value::Int(i64::from(rule.line))];
            let message = Value::text(error.to_string());
            let found = told.iter().any(|row| row[..2] == wanted && row[2] == message);
            if !found {
                return Err(format!("no rule_error {wanted:?} {message}; there is {told:?}"));
            }
        }
        Ok(())
    }

    /// Nothing changes before the alarm; where there is none, nothing ever does.
    fn check_alarm(&mut self, model: &Model) -> Result<(), String> {
        let alarm = self.engine.next_alarm();
        let moment = match alarm {
            Some(alarm) if alarm <= self.now => {
                return Err(format!("the alarm {alarm} is not after {}", self.now));
            }
            Some(alarm) => self.later(alarm, -1),
            None => Timestamp::parse("2100-01-01T00:00Z").expect("a time"),
        };
        let later = evaluate(self.program, &self.facts, moment);
        for relation in self.program.schema.relations() {
            let (before, after) = (&model.relations[&relation.id], &later.relations[&relation.id]);
            let is_watched = relation.kind != RelationKind::Builtin;
            if is_watched && before != after {
                let difference = difference(&relation.name, before, after);
                return Err(format!("alarm {alarm:?} is late, at {moment} already:\n{difference}"));
            }
        }
        Ok(())
    }
}

fn difference(name: &str, wanted: &BTreeSet<Row>, got: &BTreeSet<Row>) -> String {
    let missing = wanted.difference(got).map(|row| format!("  missing {}\n", show(name, row)));
    let extra = got.difference(wanted).map(|row| format!("  too much {}\n", show(name, row)));
    missing.chain(extra).collect()
}

fn show(name: &str, row: &Row) -> String {
    let terms: Vec<String> = row.iter().map(Value::to_string).collect();
    format!("{name}({})", terms.join(", "))
}

/// The whole case, for a person.
pub fn describe(case: &Case) -> String {
    let mut text = join(&case.statements);
    text += &format!("// {:?}, {:?} watched\n", case.workers, case.watch);
    for step in &case.steps {
        text += &format!("// transaction, clock {:?}\n", step.clock);
        for (name, edit) in &step.changes {
            text += &format!("{}\n", super::transactions::show(name, edit));
        }
    }
    text
}
