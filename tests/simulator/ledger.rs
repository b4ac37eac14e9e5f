//! The book-keeping that judges what is started: who is ready since when, what was looked at,
//! what is in flight, what pools have room for. It follows the derived relations and the world,
//! and never asks the reconciler.

use std::collections::{BTreeMap, BTreeSet};

use owed::model::{Delta, RelationId, Row, Timestamp, Value};
use owed::reconcile::{Key as RunKey, RunId, Start, Stopping};
use owed::runtime::Machine;

use super::facts::Moment;
use super::pool_ledger::PoolLedger;
use super::shape::{Key, Shape};

/// An instance.
pub type Instance = (String, Key);

/// What a relation says of a goal's instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Expected,
    Missing,
    Ready,
    Attempt,
}

const STATES: [(State, &str); 4] = [
    (State::Expected, "expected"),
    (State::Missing, "missing"),
    (State::Ready, "ready"),
    (State::Attempt, "attempt"),
];

/// A look or an action that was asked for.
#[derive(Clone, Debug)]
pub struct RunInfo {
    pub goal: String,
    /// Those that it has not answered for.
    pub keys: Vec<Key>,
    pub all_keys: Vec<Key>,
    pub is_action: bool,
    pub began: Moment,
    pub began_at: Timestamp,
    pub pools: Vec<String>,
    pub stopping: Option<Stopping>,
    /// Its process has said that the answer comes later.
    pub is_later: bool,
    pub is_over: bool,
}

#[derive(Debug, Default)]
pub struct Ledger {
    pub moment: Moment,
    /// How much follows from what is told in a turn.
    pub slack: Moment,
    relations: BTreeMap<RelationId, (String, State)>,
    rows: BTreeMap<State, BTreeSet<Instance>>,
    pub attempts: BTreeMap<Instance, Row>,
    ready_since: BTreeMap<Instance, Moment>,
    /// The same for those whose attempt has just been written.
    ready_before: BTreeMap<Instance, Moment>,
    /// Instances that were not missing for a moment since their attempt was written.
    settled_since: BTreeSet<Instance>,
    pub looked: BTreeMap<Instance, Moment>,
    pub runs: BTreeMap<RunId, RunInfo>,
    /// Attempts that are written and have not been started yet.
    written: BTreeMap<Instance, i64>,
    /// Detached work that was set going, and when.
    pub detached: BTreeMap<Instance, Timestamp>,
    pub pools: PoolLedger,
}

impl Ledger {
    /// Begins anew over what a machine derives. The effects are those of its beginning.
    pub fn restart(&mut self, machine: &mut Machine, shape: &Shape, deltas: &[&Delta]) {
        self.moment += 1;
        // Where the clock was set back, what began in the future begins now.
        let now = machine.now();
        self.detached.values_mut().for_each(|since| *since = (*since).min(now));
        let before = std::mem::take(&mut self.ready_since);
        (self.relations, self.rows, self.attempts) = Default::default();
        (self.settled_since, self.written) = Default::default();
        for goal in &shape.goals {
            for (state, name) in STATES {
                let name = format!("{}.{name}", goal.name);
                let Some(relation) = machine.program().schema.find(&name) else { continue };
                let relation = relation.id;
                self.relations.insert(relation, (goal.name.clone(), state));
                let mut rows: BTreeSet<Row> =
                    machine.rows(relation, &[]).expect("it is shown").into_iter().collect();
                for delta in deltas.iter().rev() {
                    for one in delta.relations.iter().filter(|one| one.relation == relation) {
                        one.inserted.iter().for_each(|row| assert!(rows.remove(row)));
                        rows.extend(one.deleted.iter().cloned());
                    }
                }
                rows.iter().for_each(|row| self.comes(relation, row));
            }
        }
        for (instance, since) in before {
            if let Some(now) = self.ready_since.get_mut(&instance) {
                *now = since;
            }
        }
    }

    /// What is to be told.
    pub fn relations(&self) -> Vec<RelationId> {
        self.relations.keys().copied().collect()
    }

    /// The server was killed: nothing of what it knew by itself is left.
    pub fn crash(&mut self) {
        self.runs.clear();
        self.looked.clear();
        self.ready_since.clear();
        self.pools.forget();
    }

    /// New rules: looks begin anew, actions go on.
    pub fn reload(&mut self) {
        self.runs.values_mut().filter(|run| !run.is_action).for_each(|run| run.is_over = true);
        self.runs.values_mut().for_each(|run| run.stopping = None);
        self.pools.forget();
    }

    pub fn is(&self, state: State, instance: &Instance) -> bool {
        self.rows.get(&state).is_some_and(|rows| rows.contains(instance))
    }

    pub fn all(&self, state: State) -> impl Iterator<Item = &Instance> {
        self.rows.get(&state).into_iter().flatten()
    }

    /// Takes in what has changed.
    pub fn changed(&mut self, delta: &Delta) {
        self.moment += 1;
        self.check_attempts(delta);
        for one in &delta.relations {
            one.deleted.iter().for_each(|row| self.goes(one.relation, row));
        }
        for one in &delta.relations {
            one.inserted.iter().for_each(|row| self.comes(one.relation, row));
        }
    }

    /// Attempts are written with the right number, for instances that are ready just then.
    fn check_attempts(&mut self, delta: &Delta) {
        for one in &delta.relations {
            let Some((goal, State::Attempt)) = self.relations.get(&one.relation).cloned() else {
                continue;
            };
            for row in &one.inserted {
                let (key, number, outcome) = attempt(row);
                let instance = (goal.clone(), key);
                let before = self.attempts.get(&instance);
                let started = |row: &Row| row[row.len() - 4].clone();
                let is_settled = self.settled_since.contains(&instance);
                let is_same =
                    before.is_some_and(|before| !is_settled || started(before) == started(row));
                let before = before.map(|before| attempt(before).1);
                if is_same && before == Some(number) {
                    continue;
                }
                let is_first = before.is_none() || is_settled;
                let is_next = before.is_some_and(|before| before + 1 == number);
                assert!(
                    is_next || (is_first && number == 1),
                    "{instance:?}: attempt {number} after {before:?}"
                );
                assert_eq!(outcome, "running", "{instance:?}: attempt {number} begins");
                assert!(
                    self.is(State::Ready, &instance) && self.is(State::Expected, &instance),
                    "{instance:?}: attempt {number} begins, and it is not ready"
                );
                self.settled_since.remove(&instance);
                let since = self.ready_since[&instance];
                self.ready_before.insert(instance.clone(), since);
                self.written.insert(instance, number);
            }
        }
    }

    fn comes(&mut self, relation: RelationId, row: &Row) {
        let Some((goal, state)) = self.relations.get(&relation).cloned() else { return };
        if state == State::Attempt {
            self.attempts.insert((goal, attempt(row).0), row.clone());
            return;
        }
        let instance = (goal, row.clone());
        if state == State::Ready {
            self.ready_since.insert(instance.clone(), self.moment);
        }
        self.rows.entry(state).or_default().insert(instance);
    }

    fn goes(&mut self, relation: RelationId, row: &Row) {
        let Some((goal, state)) = self.relations.get(&relation).cloned() else { return };
        if state == State::Attempt {
            self.attempts.remove(&(goal, attempt(row).0));
            return;
        }
        let instance = (goal, row.clone());
        match state {
            State::Ready => drop(self.ready_since.remove(&instance)),
            State::Missing => drop(self.settled_since.insert(instance.clone())),
            State::Expected | State::Attempt => {}
        }
        self.rows.entry(state).or_default().remove(&instance);
    }

    pub fn look(&mut self, run: RunId, goal: &str, keys: &[RunKey], at: (&Shape, Timestamp)) {
        let pools = at.0.check_pools(goal);
        self.begin(run, goal, keys.iter().map(|key| key.to_vec()).collect(), (false, pools), at);
    }

    /// Judges the start of an action. `needs` are those of each instance.
    pub fn act(
        &mut self,
        (run, goal, starts): (RunId, &str, &[Start]),
        needs: &dyn Fn(&Key) -> Vec<Instance>,
        (shape, now): (&Shape, Timestamp),
    ) {
        let keys: Vec<Key> = starts.iter().map(|start| start.key.to_vec()).collect();
        for (key, start) in keys.iter().zip(starts) {
            let instance = (goal.to_string(), key.clone());
            let number = self.written.remove(&instance);
            assert_eq!(number, Some(i64::from(start.number)), "{instance:?}: its number");
            assert!(!self.is_in_flight(&instance), "{instance:?}: two attempts at once");
            if let Some(since) = self.detached.get(&instance) {
                let within = shape.goal(goal).action.as_ref().map_or(0, |action| action.within_s);
                let until = since.micros() + within * 1_000_000;
                assert!(
                    until <= now.micros(),
                    "{instance:?}: its detached work began at {since} and has time"
                );
                self.detached.remove(&instance);
            }
        }
        let pools = keys.first().map(|key| shape.action_pools(goal, key)).unwrap_or_default();
        for key in &keys {
            assert_eq!(shape.action_pools(goal, key), pools, "{goal}: a batch shares its pools");
            self.check_looks(&(goal.to_string(), key.clone()), &needs(key), shape);
        }
        self.begin(run, goal, keys, (true, pools), (shape, now));
    }

    /// Nothing is written down that is not going to be done.
    pub fn check_all_started(&self) {
        assert!(self.written.is_empty(), "written and not started: {:?}", self.written);
    }

    /// Whether an attempt of an instance runs as a process.
    pub fn is_in_flight(&self, instance: &Instance) -> bool {
        let mut acts = self.runs.values().filter(|run| run.is_action && !run.is_over);
        acts.any(|run| run.goal == instance.0 && run.keys.contains(&instance.1))
    }

    fn check_looks(&self, instance: &Instance, needs: &[Instance], shape: &Shape) {
        // It is ready no more: the row of its attempt is there. What counts is when it became so.
        let since = self.ready_before.get(instance).copied();
        let since = since.unwrap_or_else(|| panic!("{instance:?}: it was never ready"));
        for one in std::iter::once(instance).chain(needs) {
            if shape.goal(&one.0).check.is_none() {
                continue;
            }
            let looked = self.looked.get(one).copied();
            assert!(
                looked.is_some_and(|looked| looked >= since),
                "{instance:?} is ready since {since}, and {one:?} was looked at at {looked:?}"
            );
        }
    }

    fn begin(
        &mut self,
        run: RunId,
        goal: &str,
        keys: Vec<Key>,
        (is_action, pools): (bool, Vec<String>),
        (shape, now): (&Shape, Timestamp),
    ) {
        self.moment += 1;
        let going = self.runs.values().filter(|run| !run.is_over && !run.is_later);
        let running: Vec<&String> = going.flat_map(|run| &run.pools).collect();
        self.pools.start(&pools, &running, shape, now);
        let info = RunInfo {
            goal: goal.to_string(),
            all_keys: keys.clone(),
            keys,
            is_action,
            began: self.moment,
            began_at: now,
            pools,
            stopping: None,
            is_later: false,
            is_over: false,
        };
        assert!(self.runs.insert(run, info).is_none(), "{run:?} begins twice");
    }
}

/// The instance, number and outcome of an attempt's row.
pub fn attempt(row: &[Value]) -> (Key, i64, String) {
    let (key, rest) = row.split_at(row.len() - 5);
    let [Value::Int(number), _, _, Value::Text(outcome), _] = rest else {
        panic!("{row:?} is no attempt")
    };
    (key.to_vec(), *number, outcome.to_string())
}
