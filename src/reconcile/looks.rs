//! When instances are looked at, and which of them together.

use std::collections::BTreeSet;

use super::pools::{Closed, PoolKey};
use super::reconciler::Reconciler;
use super::runs::{Run, RunKind};
use super::slot::{Key, Looking, Step};
use super::slots::SlotId;
use super::spec::Grouping;
use super::{Command, Looked, RunId};
use crate::model::{Duration, Timestamp, Value, stable_hash};

/// The instances of one goal that are due, those that somebody waits for first.
#[derive(Clone, Debug, Default)]
pub(super) struct LookQueue {
    due: BTreeSet<(bool, Timestamp, SlotId)>,
    /// When the last look of the goal ended, and why it failed, if it did.
    pub failure: Option<(Timestamp, String)>,
}

impl LookQueue {
    fn insert(&mut self, urgent: bool, since: Timestamp, id: SlotId) {
        self.due.insert((!urgent, since, id));
    }

    fn remove(&mut self, urgent: bool, since: Timestamp, id: SlotId) {
        self.due.remove(&(!urgent, since, id));
    }

    /// How many are due and wait.
    pub fn len(&self) -> usize {
        self.due.len()
    }
}

impl Reconciler {
    /// Asks for a look that begins at or after a step, as soon as may be.
    pub(super) fn demand_look(&mut self, id: SlotId, from: Step, now: Timestamp) {
        let slot = self.slots.get_mut(id);
        slot.look_from = slot.look_from.max(from);
        slot.next_look = Some(now);
        self.dirty.insert(id);
    }

    /// Brings an instance's place in the queue in line with when it is due.
    pub(super) fn plan_look(&mut self, id: SlotId, now: Timestamp) {
        let slot = self.slots.get(id);
        if matches!(slot.looking, Looking::InFlight(_)) {
            return;
        }
        if self.spec.goals[slot.goal].goal.check.is_none() || !slot.expected {
            self.dequeue_look(id);
            self.slots.get_mut(id).next_look = None;
            return;
        }
        if slot.next_look.is_none() {
            let next = self.next_regular_look(id, now);
            self.slots.get_mut(id).next_look = next;
        }
        let slot = self.slots.get(id);
        let urgent = slot.look_from > 0 && !slot.was_looked_at_since(slot.look_from);
        match (slot.next_look.filter(|due| *due <= now), slot.looking) {
            (None, _) => self.dequeue_look(id),
            (Some(_), Looking::Queued { urgent: before, .. }) if before == urgent => {}
            (Some(since), _) => {
                self.dequeue_look(id);
                let slot = self.slots.get_mut(id);
                slot.looking = Looking::Queued { urgent, since };
                let goal = slot.goal;
                self.looks[goal].insert(urgent, since, id);
            }
        }
    }

    fn dequeue_look(&mut self, id: SlotId) {
        let slot = self.slots.get_mut(id);
        if let Looking::Queued { urgent, since } = slot.looking {
            slot.looking = Looking::Idle;
            let goal = slot.goal;
            self.looks[goal].remove(urgent, since, id);
        }
    }

    /// When it is looked at next if nothing happens; `None` is never.
    fn next_regular_look(&self, id: SlotId, now: Timestamp) -> Option<Timestamp> {
        let slot = self.slots.get(id);
        let spec = &self.spec.goals[slot.goal];
        let check = spec.goal.check.as_ref()?;
        let interval = if slot.missing { check.every } else { check.ok_every? };
        match (slot.looked, slot.missing) {
            (Some((_, looked)), _) => {
                let next = looked.checked_add(interval)?;
                Some(align(next, interval, spec.quantum(interval)).max(now))
            }
            (None, true) => Some(now),
            // Spread evenly, so that a restart does not look at all of the world at once.
            (None, false) => {
                let mut values = vec![Value::Int(self.spec.seed)];
                values.extend(slot.key.iter().cloned());
                let share = stable_hash(&values) % interval.micros().max(1);
                let next = now.checked_add(Duration::from_micros(share))?;
                Some(align(next, interval, spec.quantum(interval)).max(now))
            }
        }
    }

    /// Begins the looks that are due and that pools have room for.
    pub(super) fn dispatch_looks(&mut self, now: Timestamp) {
        let goals = self.spec.goals.len();
        let first = usize::try_from(self.step).unwrap_or(0) % goals.max(1);
        // Nobody is always last.
        for goal in (first..goals).chain(0..first) {
            let Some(grouping) = self.spec.goals[goal].grouping() else { continue };
            while self.looks[goal].len() > 0 && self.is_look_possible(goal, grouping, now) {
                self.begin_look(goal, grouping, now);
            }
        }
    }

    fn is_look_possible(&mut self, goal: usize, grouping: Grouping, now: Timestamp) -> bool {
        let is_look = |run: &Run| run.goal == goal && run.kind == RunKind::Look;
        if grouping == Grouping::Whole && self.runs.iter().any(|(_, run)| is_look(run)) {
            return false;
        }
        let pools = self.check_pool_keys(goal);
        let closed = pools.iter().filter_map(|pool| self.pools.closed_to_looks(pool, now));
        let closed: Vec<Closed> = closed.collect();
        self.wait_for_pools(&closed);
        closed.is_empty() && self.runs.has_room()
    }

    fn check_pool_keys(&self, goal: usize) -> Vec<PoolKey> {
        let check = self.spec.goals[goal].goal.check.as_ref();
        let pools = check.map(|check| self.spec.check_pools(check)).unwrap_or_default();
        pools.into_iter().map(|pool| (pool, None)).collect()
    }

    fn begin_look(&mut self, goal: usize, grouping: Grouping, now: Timestamp) {
        let most = match grouping {
            Grouping::Each => 1,
            Grouping::Batch(most) => most,
            Grouping::Whole => LOOK_INSTANCES_MAX,
        };
        let run = self.runs.next_id();
        let mut slots = Vec::new();
        while let Some((_, _, id)) = self.looks[goal].due.first().copied() {
            if slots.len() == most {
                break;
            }
            self.dequeue_look(id);
            let slot = self.slots.get_mut(id);
            slot.looking = Looking::InFlight(run);
            slot.next_look = None;
            slots.push(id);
        }
        let keys: Vec<Key> = slots.iter().map(|id| self.slots.get(*id).key.clone()).collect();
        let check = self.spec.goals[goal].goal.check.as_ref().expect("it has looks");
        let deadline = now.checked_add(check.timeout()).unwrap_or(now);
        let pools = self.check_pool_keys(goal);
        self.pools.start(&pools, now);
        let (size, step) = (slots.len(), self.step);
        let (kind, stopping) = (RunKind::Look, None);
        let look = Run { kind, goal, slots, size, began: now, step, deadline, pools, stopping };
        self.runs.insert(run, look);
        self.commands.push(Command::Look { run, goal, keys });
    }

    /// A look has ended, one way or the other.
    pub(super) fn look_ended(&mut self, id: RunId, looked: Looked, now: Timestamp) {
        let Some(run) = self.runs.get(id) else { return };
        let looked = match (looked, run.stopping) {
            (_, Some(why)) => Looked::Failed(why.to_string()),
            (looked, _) => looked,
        };
        match looked {
            Looked::Answered => {
                let run = self.end_look(id, None, now);
                for slot in run.slots {
                    self.seen(slot, (run.step, run.began), now);
                }
            }
            Looked::Failed(message) => self.look_failed(id, &message, now),
            Looked::Later => {
                let timeout = {
                    let check = self.spec.goals[run.goal].goal.check.as_ref();
                    check.expect("it was looked at").later_timeout()
                };
                let deadline = run.began.checked_add(timeout).unwrap_or(now);
                let pools = run.pools.clone();
                self.pools.leave(&pools);
                let run = self.runs.get_mut(id).expect("found above");
                (run.kind, run.pools) = (RunKind::LookLater, Vec::new());
                self.runs.set_deadline(id, deadline);
            }
        }
    }

    pub(super) fn look_failed(&mut self, id: RunId, message: &str, now: Timestamp) {
        let run = self.end_look(id, Some(message), now);
        let every = self.spec.goals[run.goal].goal.check.as_ref().map(|check| check.every);
        for id in run.slots {
            let slot = self.slots.get_mut(id);
            slot.looking = Looking::Idle;
            slot.look_failure = Some(message.into());
            // Somebody who has asked meanwhile is not to wait for that.
            let is_asked = slot.look_from > run.step;
            let later = every.and_then(|every| now.checked_add(every));
            slot.next_look = if is_asked { Some(now) } else { later };
            self.dirty.insert(id);
        }
    }

    fn end_look(&mut self, id: RunId, failure: Option<&str>, now: Timestamp) -> Run {
        let run = self.runs.remove(id).expect("who ends a look has found it");
        self.pools.leave(&run.pools);
        let every = self.spec.goals[run.goal].goal.check.as_ref().map(|check| check.every);
        let mut notices = Vec::new();
        match failure {
            None => {
                self.looks[run.goal].failure = None;
                self.pools.succeeded(&run.pools, &mut notices);
            }
            Some(message) => {
                let first = message.lines().next().unwrap_or_default();
                self.looks[run.goal].failure = Some((now, first.to_string()));
                let pause = |_| every.unwrap_or(Duration::ZERO);
                self.pools.failed(&run.pools, now, message, &pause, &mut notices);
            }
        }
        self.notice(notices);
        run
    }

    /// An instance was looked at by a look that began then.
    fn seen(&mut self, id: SlotId, began: (Step, Timestamp), now: Timestamp) {
        let slot = self.slots.get_mut(id);
        (slot.looking, slot.looked, slot.look_failure) = (Looking::Idle, Some(began), None);
        slot.next_look = (!slot.was_looked_at_since(slot.look_from)).then_some(now);
        let needers: Vec<SlotId> = slot.needers.iter().map(|(needing, _)| *needing).collect();
        self.dirty.extend(needers);
        self.dirty.insert(id);
    }

    /// An instance was looked at, says somebody: an answer that was on its way, or a look that
    /// nobody had asked for.
    pub(super) fn looked_by_somebody(&mut self, goal: &str, key: &Key, now: Timestamp) {
        let Some(id) = self.goal_of(goal).and_then(|goal| self.slots.find(goal, key)) else {
            return;
        };
        let later = match self.slots.get(id).looking {
            Looking::InFlight(run) => Some(run),
            Looking::Idle | Looking::Queued { .. } => None,
        };
        match later.and_then(|run| self.runs.get_mut(run).map(|found| (run, found))) {
            Some((run_id, run)) if run.kind == RunKind::LookLater => {
                run.slots.retain(|slot| *slot != id);
                let (began, is_last) = ((run.step, run.began), run.slots.is_empty());
                self.seen(id, began, now);
                if is_last {
                    self.runs.remove(run_id);
                }
            }
            // The look that is on its way will say more.
            Some(_) => {}
            None => {
                self.dequeue_look(id);
                self.seen(id, (self.step, now), now);
            }
        }
    }

    pub(super) fn wait_for_pools(&mut self, closed: &[Closed]) {
        for closed in closed {
            let until = match closed {
                Closed::Rate(until) => Some(*until),
                Closed::Tripped(until) => *until,
                Closed::Paused | Closed::Full => None,
            };
            self.pool_wake = self.pool_wake.into_iter().chain(until).min();
        }
    }
}

/// The multiple of a quantum that is nearest before a moment, or the one after it where that
/// would be much too soon.
fn align(moment: Timestamp, interval: Duration, quantum: Duration) -> Timestamp {
    let early = moment.micros().rem_euclid(quantum.micros().max(1));
    let shift = if early * 2 > interval.micros() { quantum.micros() - early } else { -early };
    moment.checked_add(Duration::from_micros(shift)).unwrap_or(moment)
}

/// More instances than these are never looked at at once.
const LOOK_INSTANCES_MAX: usize = 1_000_000;
