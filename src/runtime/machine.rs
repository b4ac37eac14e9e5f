//! The loop's inside: engine, store and reconciler, one turn at a time. It reads no clock, waits
//! for nothing and starts nothing, so that a simulator can drive all of it in virtual time.

use std::sync::Arc;

use super::event::{Effect, Event, Receipt, StoreOptions};
use super::groups::groups;
use super::news::{KnownSources, News, SourceStates};
use super::prelude::Prelude;
use super::silence::{Witness, witnesses};
use super::tables::{Facts, read_in};
use super::watch::LookWatch;
use super::work::Work;
use crate::compile::Loaded;
use crate::engine::{Engine, Workers};
use crate::model::{
    Author, AuthorKind, Change, Delta, RelationId, Revision, Row, Timestamp, Transaction, Value,
    crash_point,
};
use crate::plan::plan;
use crate::program::Program;
use crate::reconcile::{Command, Flight, Input, Looked, Reconciler, RunId};
use crate::store::{Adoption, Options, Record, Store, StoreError};

/// A program at work.
pub struct Machine {
    pub(super) program: Arc<Program>,
    pub(super) prelude: Prelude,
    pub(super) engine: Engine,
    pub(super) store: Store,
    pub(super) reconciler: Reconciler,
    pub(super) looks: LookWatch,
    /// By goal of the reconciler.
    pub(super) witnesses: Vec<Vec<Witness>>,
    pub(super) now: Timestamp,
    /// What could not be made durable yet, and must not be lost: what ended, what was read.
    pub(super) waiting: Vec<Event>,
    /// What the reconciler asked for and has not been done.
    pub(super) commands: Vec<Command>,
    pub(super) sources: SourceStates,
    store_fails: Option<StoreFailure>,
    pub(super) workers: Workers,
}

/// That the store cannot write.
#[derive(Debug)]
struct StoreFailure {
    try_again: Timestamp,
}

/// A machine that begins, what became of facts that do not fit its rules, and what follows.
pub type Started = (Machine, Vec<Adoption>, Vec<Effect>);

/// A relation and the news of its source.
pub type SourceNews = (RelationId, News);

impl Machine {
    /// Opens the store, takes in what the sources say, and begins. What became of facts that do
    /// not fit the rules is told.
    ///
    /// # Errors
    /// What the store says.
    pub fn start(
        (loaded, prelude): (&Loaded, Prelude),
        options: &StoreOptions,
        sources: Vec<SourceNews>,
        now: Timestamp,
        workers: impl Into<Workers>,
    ) -> Result<Started, StoreError> {
        let program = Arc::new(loaded.program.clone());
        let history = Options { history: options.history };
        let (mut store, adoptions) = Store::open(&options.folder, &program.schema, now, history)?;
        crash_point("machine.start.opened");
        let known = KnownSources::new();
        let (facts, states) = read_in(&mut store, (&program, &prelude), sources, now, &known)?;
        crash_point("machine.start.loaded");
        let mut machine = Machine::assemble(program, prelude, store, RunId(1), now, workers.into());
        machine.sources = states;
        let effects = machine.begin(facts, Vec::new());
        Ok((machine, adoptions, effects))
    }

    pub(super) fn assemble(
        program: Arc<Program>,
        prelude: Prelude,
        store: Store,
        first: RunId,
        now: Timestamp,
        workers: Workers,
    ) -> Machine {
        let engine = Engine::new(plan(&program, &prelude.demand(&program)), workers.clone());
        let goals = prelude.spec.goals.iter();
        Machine {
            witnesses: goals.map(|spec| witnesses(&spec.goal, &program)).collect(),
            reconciler: Reconciler::new(prelude.spec.clone(), first),
            looks: LookWatch::default(),
            waiting: Vec::new(),
            commands: Vec::new(),
            sources: SourceStates::default(),
            store_fails: None,
            program,
            prelude,
            engine,
            store,
            now,
            workers,
        }
    }

    pub(super) fn begin(&mut self, facts: Facts, flights: Vec<Flight>) -> Vec<Effect> {
        self.listen(&[]);
        let mut changes = facts.into_changes();
        changes.extend(self.source_changes());
        let delta = self.apply(changes, self.store.last_transaction());
        crash_point("machine.begin.applied");
        self.reconciler.take_in(Input::Loaded(delta, flights), self.now);
        let mut effects = Vec::new();
        self.flush(&mut effects);
        effects
    }

    /// From now on changes of these relations are told, beside those that the machine needs.
    pub fn listen(&mut self, relations: &[RelationId]) {
        let own = self.prelude.spec.watched();
        let told = own.into_iter().chain(relations.iter().copied());
        self.engine.tell_only(told.chain([self.program.builtins.rule_error]));
    }

    /// Takes in what happened, at a moment; time that goes back stands still.
    pub fn turn(&mut self, now: Timestamp, events: Vec<Event>) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = Vec::new();
        let mut all = std::mem::take(&mut self.waiting);
        all.extend(events);
        for event in &all {
            if let Event::Ended { run, .. } = event {
                self.reconciler.has_ended(*run);
            }
        }
        self.take_in_all(all, &mut effects);
        self.tell_sources(&mut effects);
        if self.engine.next_alarm().is_some_and(|alarm| alarm <= self.now) {
            crash_point("machine.alarm.before");
            let delta = self.apply(Vec::new(), self.store.last_transaction());
            self.tell(delta, &mut effects);
        }
        if self.reconciler.next_wake().is_some_and(|wake| wake <= self.now) {
            crash_point("machine.tick.before");
        }
        self.flush(&mut effects);
        self.looks.keep(|run| self.reconciler.is_in_flight(run));
        effects
    }

    /// Nothing new is started from now on, and what runs is asked to stop.
    pub fn close(&mut self) -> Vec<Effect> {
        crash_point("machine.close.before");
        self.reconciler.take_in(Input::Close, self.now);
        let mut effects = Vec::new();
        self.flush(&mut effects);
        effects
    }

    /// When there is something to do even if nothing happens.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let has_backlog = !self.waiting.is_empty() || !self.commands.is_empty();
        let again = self.store_fails.as_ref().filter(|_| has_backlog);
        let again = again.map(|failure| failure.try_again);
        // Until the store works, nothing else can be done.
        match again {
            Some(again) => Some(again),
            None => {
                let wakes = [self.engine.next_alarm(), self.reconciler.next_wake()];
                wakes.into_iter().flatten().min()
            }
        }
    }

    fn take_in_all(&mut self, events: Vec<Event>, effects: &mut Vec<Effect>) {
        let mut groups = groups(events).into_iter();
        while let Some(group) = groups.next() {
            if let Err(error) = self.take_in(&group, effects) {
                let rest = group.into_iter().chain(groups.flatten()).collect();
                return self.put_back(rest, error, effects);
            }
            if groups.len() > 0 {
                // What the next ones mean depends on what follows from these.
                self.flush(effects);
            }
            self.looks.keep(|run| self.reconciler.is_in_flight(run));
        }
    }

    fn take_in(&mut self, events: &[Event], effects: &mut Vec<Effect>) -> Result<(), StoreError> {
        let mut work: Vec<Work> = Vec::new();
        for event in events {
            let one = self.prepare(event, effects);
            self.looks.note(&one.changes);
            work.push(one);
        }
        let records: Vec<Record> = work.iter_mut().map(|one| one.record(self.now)).collect();
        crash_point("machine.take.before-commit");
        let committed = self.store.commit(&records)?;
        self.store_works(effects);
        for ((one, record), committed) in work.into_iter().zip(records).zip(committed) {
            crash_point("machine.take.before-apply");
            let delta = self.apply(record.changes, committed.transaction);
            crash_point("machine.take.after-apply");
            self.tell(delta, effects);
            for input in one.then {
                if let Input::LookEnded { run, looked: Looked::Later } = &input {
                    self.looks.wait_for_answer(*run);
                }
                self.reconciler.take_in(input, self.now);
            }
            if let Some(ticket) = one.ticket {
                let revision = committed.transaction;
                let changed = committed.changed;
                let answer = one
                    .refusal
                    .map_or(Ok(Receipt { revision, changed, instances: one.instances }), Err);
                effects.push(Effect::Answer { ticket, answer });
            }
        }
        Ok(())
    }

    /// Nothing could be made durable: who waits for an answer hears of it, and what would be lost
    /// is kept.
    fn put_back(&mut self, events: Vec<Event>, error: StoreError, effects: &mut Vec<Effect>) {
        let reason = error.to_string();
        for event in events {
            match event {
                Event::Submit { ticket, .. } | Event::Ask { ticket, .. } => {
                    effects.push(Effect::Answer { ticket, answer: Err(reason.clone()) });
                }
                Event::Ended { .. } | Event::SourceRead { .. } => self.waiting.push(event),
            }
        }
        self.store_failed(error, effects);
    }

    fn store_failed(&mut self, error: StoreError, effects: &mut Vec<Effect>) {
        if error.is_final() {
            effects.push(Effect::Halt(error.to_string()));
        }
        if self.store_fails.is_none() {
            effects.push(Effect::StoreFails(error.to_string()));
        }
        let again = self.now.checked_add(STORE_PAUSE).unwrap_or(self.now);
        self.store_fails = Some(StoreFailure { try_again: again });
    }

    fn store_works(&mut self, effects: &mut Vec<Effect>) {
        if self.store_fails.take().is_some() {
            effects.push(Effect::StoreWorks);
        }
    }

    /// Does what the reconciler asks for: first what is to be durable, then what follows.
    fn flush(&mut self, effects: &mut Vec<Effect>) {
        loop {
            self.commands.extend(self.reconciler.decide(self.now));
            if self.commands.is_empty() {
                return;
            }
            let commands = std::mem::take(&mut self.commands);
            let (records, rest): (Vec<Command>, Vec<Command>) =
                commands.into_iter().partition(|command| matches!(command, Command::Record(_)));
            let changes: Vec<Change> = records.iter().flat_map(Command::changes).cloned().collect();
            if !changes.is_empty() {
                let author = Author::new(AuthorKind::Reconciler, "");
                let record = Record { now: self.now, author, changes };
                crash_point("machine.attempt.before-commit");
                match self.store.commit(std::slice::from_ref(&record)) {
                    Ok(committed) => {
                        crash_point("machine.attempt.after-commit");
                        self.store_works(effects);
                        let number = committed.first().map_or(0, |one| one.transaction);
                        self.looks.note(&record.changes);
                        let delta = self.apply(record.changes, number);
                        self.tell(delta, effects);
                    }
                    Err(error) => {
                        // What was to follow from these facts may not happen without them.
                        let (stops, held): (Vec<Command>, Vec<Command>) =
                            rest.into_iter().partition(|one| matches!(one, Command::Stop { .. }));
                        self.commands = records.into_iter().chain(held).collect();
                        stops.into_iter().for_each(|stop| self.carry_out(stop, effects));
                        return self.store_failed(error, effects);
                    }
                }
            }
            crash_point("machine.flush.before-effects");
            for command in rest {
                self.carry_out(command, effects);
            }
        }
    }

    fn carry_out(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let name = |goal: usize| self.prelude.spec.goals[goal].goal.name.clone();
        effects.push(match command {
            Command::Record(_) => unreachable!("recorded before"),
            Command::Look { run, goal, keys } => {
                let effect = Effect::Look { run, goal: name(goal), keys: keys.clone() };
                self.looks.begin(run, goal, keys);
                effect
            }
            Command::Act { run, goal, starts } => Effect::Act { run, goal: name(goal), starts },
            Command::Stop { run, why } => Effect::Stop { run, why },
            Command::ReadSources { goal } => {
                Effect::ReadSources(self.prelude.spec.goals[goal].sources.clone())
            }
            Command::Notice(notice) => Effect::Notice(notice),
        });
    }

    pub(super) fn apply(&mut self, changes: Vec<Change>, number: u64) -> Delta {
        let transaction = Transaction { now: self.now, changes };
        let applied = self.engine.apply(transaction);
        let mut delta = applied.expect("what is durable was checked against the schema");
        delta.revision = Revision(number);
        delta
    }

    pub(super) fn tell(&mut self, delta: Delta, effects: &mut Vec<Effect>) {
        if delta.relations.is_empty() {
            return;
        }
        self.reconciler.take_in(Input::Changed(delta.clone()), self.now);
        effects.push(Effect::Changed(delta));
    }

    /// The program with the server's own relations.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// What the server knows of the program.
    pub fn prelude(&self) -> &Prelude {
        &self.prelude
    }

    /// The reconciler, for those who ask how things stand.
    pub fn reconciler(&self) -> &Reconciler {
        &self.reconciler
    }

    /// The store, for those who ask for its history.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// How much of what happened waits for a store that fails.
    pub fn backlog(&self) -> usize {
        self.waiting.len()
    }

    /// The moment of the last turn.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The current rows of a relation that begin with these values; `None` of what only the server
    /// itself has a use for.
    pub fn rows(&mut self, relation: RelationId, prefix: &[Value]) -> Option<Vec<Row>> {
        let found = self.program.schema.relation(relation);
        let is_shown = found.is_base() || !self.prelude.owns(&found.name);
        is_shown.then(|| self.engine.rows(relation, prefix))
    }
}

/// How long a store that fails is left alone.
const STORE_PAUSE: crate::model::Duration = crate::model::Duration::from_micros(1_000_000);
