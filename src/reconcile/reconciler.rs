//! One step: what happened is taken in, every instance that it touches is decided upon, and what
//! may begin begins.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::looks::LookQueue;
use super::pools::Pools;
use super::runs::Runs;
use super::slot::{Attempt, Key, Looking, Outcome, Slot, Step};
use super::slots::{SlotId, Slots};
use super::spec::Role;
use super::starts::Groups;
use super::{Command, Exit, Input, Mode, Notice, RunId, Spec};
use crate::model::{Change, Delta, RelationDelta, RelationId, Timestamp, Value};

/// Decides what is to be looked at and done.
#[derive(Debug)]
pub struct Reconciler {
    pub(super) spec: Spec,
    roles: FxHashMap<RelationId, Role>,
    pub(super) slots: Slots,
    pub(super) runs: Runs,
    pub(super) pools: Pools,
    pub(super) step: Step,
    pub(super) dirty: BTreeSet<SlotId>,
    /// By goal.
    pub(super) looks: Vec<LookQueue>,
    pub(super) starts: Groups,
    pub(super) paused_goals: BTreeSet<String>,
    pub(super) is_all_paused: bool,
    /// When the last reading of a relation's source began.
    pub(super) sources_read: FxHashMap<RelationId, Timestamp>,
    /// When a pool opens by itself for somebody who waits.
    pub(super) pool_wake: Option<Timestamp>,
    pub(super) commands: Vec<Command>,
    /// Looks began when actions last waited: the actions are first next time.
    actions_turn: bool,
    /// Nothing begins any more.
    pub(super) is_closed: bool,
}

impl Reconciler {
    /// A reconciler that has not been told anything. Runs are numbered from `first`.
    pub fn new(spec: Spec, first: RunId) -> Reconciler {
        let spec = spec.with_checks_pool();
        let goals = spec.goals.len();
        let mut runs = Runs::default();
        runs.begin_after(RunId(first.0.saturating_sub(1)));
        Reconciler {
            roles: spec.roles(),
            slots: Slots::new(goals),
            runs,
            pools: Pools::new(spec.pools.clone()),
            step: 0,
            dirty: BTreeSet::new(),
            looks: vec![LookQueue::default(); goals],
            starts: Groups::default(),
            paused_goals: BTreeSet::new(),
            is_all_paused: false,
            sources_read: FxHashMap::default(),
            pool_wake: None,
            commands: Vec::new(),
            actions_turn: false,
            is_closed: false,
            spec,
        }
    }

    /// Takes in what happened at a moment, which never goes back. What is to be done about it is
    /// decided when all is known that happened at once.
    pub fn take_in(&mut self, input: Input, now: Timestamp) {
        self.step += 1;
        match input {
            Input::Loaded(delta, flights) => self.load(delta, flights, now),
            Input::Changed(delta) => self.change(&delta, now),
            Input::LookEnded { run, looked } => self.look_ended(run, looked, now),
            Input::Looked { goal, key } => self.looked_by_somebody(&goal, &key, now),
            Input::ActionEnded { run, exit } => self.action_ended(run, &exit, now),
            Input::SourceRead { relation, began } => self.source_was_read(relation, began),
            Input::Retry { goal, key } => self.retry(&goal, &key, now),
            Input::Close => self.close(),
        }
    }

    /// The command of a run has ended. How it ended is told when that is durable, and until then
    /// its time stands still.
    pub fn has_ended(&mut self, run: RunId) {
        self.runs.has_ended(run);
    }

    /// What is to be done, as things stand and at that moment.
    pub fn decide(&mut self, now: Timestamp) -> Vec<Command> {
        while let Some(run) = self.runs.pop_overdue(now) {
            self.overdue(run, now);
        }
        while let Some(id) = self.slots.pop_wake(now) {
            self.dirty.insert(id);
        }
        while let Some(id) = self.dirty.pop_first() {
            if self.slots.has(id) {
                self.decide_one(id, now);
            }
        }
        self.pool_wake = None;
        if !self.is_closed {
            self.dispatch(now);
        }
        std::mem::take(&mut self.commands)
    }

    /// Begins what may begin. Looks come first, but not twice in a row where actions wait: a
    /// pool that both take part in is not the looks' alone.
    fn dispatch(&mut self, now: Timestamp) {
        let first = self.runs.next();
        if self.actions_turn {
            self.dispatch_starts(now);
            self.actions_turn = self.runs.next() == first;
        }
        let first = self.runs.next();
        self.dispatch_looks(now);
        let has_looked = self.runs.next() != first;
        self.dispatch_starts(now);
        self.actions_turn |= has_looked && self.starts.is_waiting();
    }

    /// When something is to be decided even if nothing happens.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let wakes = [self.slots.next_wake(), self.runs.next_deadline(), self.pool_wake];
        wakes.into_iter().flatten().min()
    }

    pub(super) fn goal_of(&self, name: &str) -> Option<usize> {
        self.spec.goals.iter().position(|spec| spec.goal.name == name)
    }

    pub(super) fn notice(&mut self, notices: Vec<Notice>) {
        self.commands.extend(notices.into_iter().map(Command::Notice));
    }

    pub(super) fn change(&mut self, delta: &Delta, now: Timestamp) {
        let (mut became_ready, mut new_needs) = (Vec::new(), Vec::new());
        for relation in &delta.relations {
            let Some(role) = self.roles.get(&relation.relation).copied() else { continue };
            for row in &relation.deleted {
                self.row_goes(role, row, now);
            }
            for row in &relation.inserted {
                let id = self.row_comes(role, row, now);
                match (role, id) {
                    (Role::Ready(_), Some(id)) => became_ready.push(id),
                    (Role::Need(..), Some(id)) => new_needs.push(id),
                    _ => {}
                }
            }
            if let Role::Attempt(goal) = role {
                self.attempts_are_known(goal, relation);
            }
        }
        for id in became_ready {
            self.became_ready(id, now);
        }
        new_needs.sort_unstable();
        new_needs.dedup();
        for id in new_needs {
            self.demand_needs(id, now);
        }
    }

    /// What was recorded of these attempts has come back.
    fn attempts_are_known(&mut self, goal: usize, changed: &RelationDelta) {
        for row in changed.deleted.iter().chain(&changed.inserted) {
            if let Some(id) = self.slots.find(goal, self.key_of(goal, row)) {
                self.slots.get_mut(id).is_recorded = false;
            }
        }
    }

    fn row_goes(&mut self, role: Role, row: &[Value], now: Timestamp) {
        match role {
            Role::Paused => return self.set_paused(row, false),
            Role::Need(goal, place) => return self.need_goes(goal, place, row),
            _ => {}
        }
        let goal = role.goal();
        let Some(id) = self.slots.find(goal, self.key_of(goal, row)) else { return };
        match role {
            Role::Expected(_) => self.slots.get_mut(id).expected = false,
            Role::Missing(_) => self.set_missing(id, false, now),
            Role::Ready(_) => self.slots.get_mut(id).ready = None,
            Role::Attempt(_) => self.set_attempt(id, None, now),
            Role::Episode(_) => self.slots.get_mut(id).episode = None,
            Role::Priority(_) => self.set_order(id, |order| order.priority = None),
            Role::Part(_, place) => self.set_order(id, |order| order.set_part(place, None)),
            Role::Paused | Role::Need(..) => unreachable!("handled above"),
        }
        self.dirty.insert(id);
    }

    fn row_comes(&mut self, role: Role, row: &[Value], now: Timestamp) -> Option<SlotId> {
        match role {
            Role::Paused => {
                self.set_paused(row, true);
                return None;
            }
            Role::Need(goal, place) => return Some(self.need_comes(goal, place, row)),
            _ => {}
        }
        let goal = role.goal();
        let width = self.spec.goals[goal].goal.parameters.len();
        let (key, rest) = row.split_at(width);
        let id = self.slots.find_or_add(goal, key);
        match role {
            Role::Expected(_) => self.slots.get_mut(id).expected = true,
            Role::Missing(_) => self.set_missing(id, true, now),
            // What is ready matters only where something may be done about it.
            Role::Ready(_) if self.spec.mode == Mode::ObserveOnly => return None,
            Role::Ready(_) => self.slots.get_mut(id).ready = Some(self.step),
            Role::Attempt(_) => {
                self.set_attempt(id, Attempt::from_columns(rest), now);
            }
            Role::Episode(_) => {
                let [Value::Time(began)] = rest else { unreachable!("one column, a time") };
                self.slots.get_mut(id).episode = Some(*began);
            }
            Role::Priority(_) => {
                self.set_order(id, |order| order.priority = rest.first().cloned());
            }
            Role::Part(_, place) => {
                self.set_order(id, |order| order.set_part(place, rest.first().cloned()));
            }
            Role::Paused | Role::Need(..) => unreachable!("handled above"),
        }
        self.dirty.insert(id);
        Some(id)
    }

    fn key_of<'r>(&self, goal: usize, row: &'r [Value]) -> &'r [Value] {
        &row[..self.spec.goals[goal].goal.parameters.len()]
    }

    fn set_attempt(&mut self, id: SlotId, attempt: Option<Attempt>, now: Timestamp) {
        let slot = self.slots.get_mut(id);
        slot.attempt = attempt.map(Box::new);
        let is_told = slot.outcome() == Some(Outcome::Succeeded) && !slot.is_recorded;
        if is_told && slot.acting.is_none() {
            // Somebody else says that it has ended: what was seen before does not judge it.
            self.demand_look_after_end(id, now);
        }
    }

    fn set_missing(&mut self, id: SlotId, is_missing: bool, now: Timestamp) {
        let slot = self.slots.get_mut(id);
        slot.missing = is_missing;
        if slot.looking == Looking::Idle {
            slot.next_look = None;
        }
        // Somebody who looks already will know when to look again.
        if let Looking::Queued { .. } = slot.looking {
            slot.next_look = Some(now);
        }
    }

    fn set_order(&mut self, id: SlotId, change: impl FnOnce(&mut super::slot::Order)) {
        self.dequeue_start(id);
        let slot = self.slots.get_mut(id);
        let mut order = slot.order.take().unwrap_or_default();
        change(&mut order);
        slot.order = (*order != super::slot::Order::default()).then_some(order);
    }

    fn set_paused(&mut self, row: &[Value], is_paused: bool) {
        let (Some(Value::Text(what)), Some(Value::Text(name))) = (row.first(), row.get(1)) else {
            unreachable!("two columns of text come first")
        };
        match (&**what, is_paused) {
            ("everything", _) => self.is_all_paused = is_paused,
            ("pool", _) => self.pools.set_paused(name, is_paused),
            (_, true) => {
                self.paused_goals.insert(name.to_string());
            }
            (_, false) => {
                self.paused_goals.remove(&**name);
            }
        }
    }

    fn need_comes(&mut self, goal: usize, place: usize, row: &[Value]) -> SlotId {
        let (needing, needed) = self.need_slots(goal, place, row);
        let place = u32::try_from(place).expect("few clauses");
        self.slots.get_mut(needing).needs.push(needed);
        self.slots.get_mut(needed).needers.insert((needing, place));
        self.dirty.insert(needing);
        needing
    }

    fn need_goes(&mut self, goal: usize, place: usize, row: &[Value]) {
        let (needing, needed) = self.need_slots(goal, place, row);
        let place = u32::try_from(place).expect("few clauses");
        let needs = &mut self.slots.get_mut(needing).needs;
        let at = needs.iter().position(|id| *id == needed).expect("it came before it goes");
        needs.swap_remove(at);
        self.slots.get_mut(needed).needers.remove(&(needing, place));
        self.dirty.extend([needing, needed]);
    }

    fn need_slots(&mut self, goal: usize, place: usize, row: &[Value]) -> (SlotId, SlotId) {
        let width = self.spec.goals[goal].goal.parameters.len();
        let needed_goal = self.spec.goals[goal].needs[place].goal;
        let needing = self.slots.find_or_add(goal, &row[..width]);
        (needing, self.slots.find_or_add(needed_goal, &row[width..]))
    }

    fn source_was_read(&mut self, relation: RelationId, began: Timestamp) {
        let last = self.sources_read.entry(relation).or_insert(began);
        *last = began.max(*last);
        let goals = self.spec.goals.iter().map(|spec| spec.sources.contains(&relation));
        let is_of_goal: Vec<bool> = goals.collect();
        if !is_of_goal.contains(&true) {
            return;
        }
        let is_waiting = |id: &SlotId| {
            let slot = self.slots.get(*id);
            is_of_goal[slot.goal] && slot.outcome() == Some(Outcome::Succeeded)
        };
        let waiting: Vec<SlotId> = self.slots.ids().filter(is_waiting).collect();
        self.dirty.extend(waiting);
    }

    fn retry(&mut self, goal: &str, key: &Key, now: Timestamp) {
        let Some(id) = self.goal_of(goal).and_then(|goal| self.slots.find(goal, key)) else {
            return;
        };
        let pools = self.action_pools(self.slots.get(id));
        self.pools.forgive(&pools);
        self.slots.get_mut(id).not_before = None;
        self.demand_look(id, self.step, now);
    }

    /// The change that writes an instance's attempt.
    pub(super) fn attempt_row(&self, slot: &Slot, attempt: &Attempt) -> Change {
        let row = slot.key.iter().cloned().chain(attempt.columns()).collect();
        Change::Insert { relation: self.spec.goals[slot.goal].attempt, row }
    }

    /// Writes how an instance's attempt went.
    pub(super) fn record_outcome(
        &mut self,
        id: SlotId,
        outcome: Outcome,
        message: &str,
        now: Timestamp,
    ) {
        let slot = self.slots.get_mut(id);
        let Some(attempt) = &mut slot.attempt else { return };
        (attempt.outcome, attempt.ended, attempt.message) = (outcome, now, message.into());
        let attempt = attempt.clone();
        slot.is_recorded = true;
        let change = self.attempt_row(self.slots.get(id), &attempt);
        self.commands.push(Command::Record(vec![change]));
        self.dirty.insert(id);
    }

    /// How an action's end is written for one of its instances.
    pub(super) fn outcome_of(exit: &Exit, is_missing: bool, size: usize) -> (Outcome, String) {
        match exit {
            Exit::Done => (Outcome::Succeeded, String::new()),
            Exit::Unavailable(reason) if size == 1 => (Outcome::Gone, reason.clone()),
            Exit::Unavailable(message) | Exit::Failed(message) if is_missing => {
                (Outcome::Failed, message.clone())
            }
            Exit::Unavailable(message) | Exit::Failed(message) => {
                (Outcome::Succeeded, message.clone())
            }
        }
    }
}

impl Role {
    fn goal(self) -> usize {
        match self {
            Role::Expected(goal)
            | Role::Missing(goal)
            | Role::Ready(goal)
            | Role::Attempt(goal)
            | Role::Episode(goal)
            | Role::Priority(goal)
            | Role::Part(goal, _)
            | Role::Need(goal, _) => goal,
            Role::Paused => unreachable!("pauses are of no one goal"),
        }
    }
}
