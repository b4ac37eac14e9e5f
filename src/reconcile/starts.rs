//! Which of the instances that are ready are acted upon: as many as their pools have room for,
//! the highest priority first, and goals in turn.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::pools::{Closed, PoolKey};
use super::reconciler::Reconciler;
use super::runs::{Run, RunKind};
use super::slot::{Attempt, Key, Outcome, Slot};
use super::slots::SlotId;
use super::{Command, Mode, RunId, Start};
use crate::model::{Change, Timestamp, Value};

/// Instances of one goal that share the same pools.
type GroupKey = (usize, Vec<PoolKey>);

/// The highest priority first, then by the parameters; those without a priority come last.
type Entry = (Reverse<Option<Value>>, Key, SlotId);

/// Where an instance is queued.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    group: GroupKey,
    entry: Entry,
}

/// Everything that could be started now but for its pools.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<GroupKey, BTreeSet<Entry>>,
    /// The group that was served last.
    last: Option<GroupKey>,
}

impl Groups {
    /// Whether anything could be started but for its pools.
    pub fn is_waiting(&self) -> bool {
        !self.groups.is_empty()
    }
}

impl Reconciler {
    /// The pools of an instance's action.
    pub(super) fn action_pools(&self, slot: &Slot) -> Vec<PoolKey> {
        let Some(action) = self.action_of(slot.goal) else { return Vec::new() };
        let part = |place: usize| {
            slot.order.as_ref().and_then(|order| order.parts.get(place).cloned().flatten())
        };
        let pools = action.pools.iter().enumerate();
        pools
            .map(|(place, pool)| (self.spec.pool(&pool.pool), pool.part.and_then(|_| part(place))))
            .collect()
    }

    /// Brings an instance's place among those to be started in line with how it stands.
    pub(super) fn plan_start(&mut self, id: SlotId, now: Timestamp) {
        match self.is_startable(id, now) {
            true => self.queue_start(id),
            false => self.dequeue_start(id),
        }
    }

    fn is_startable(&self, id: SlotId, now: Timestamp) -> bool {
        let slot = self.slots.get(id);
        let Some(ready) = slot.ready else { return false };
        let spec = &self.spec.goals[slot.goal];
        self.spec.mode == Mode::Act
            && slot.expected
            && slot.missing
            && slot.acting.is_none()
            && !slot.is_recorded
            && slot.not_before.is_none_or(|moment| moment <= now)
            && (spec.goal.check.is_none() || slot.was_looked_at_since(ready))
            && self.unseen_need(slot).is_none()
    }

    /// A need that was not looked at since the instance became ready.
    pub(super) fn unseen_need(&self, slot: &Slot) -> Option<SlotId> {
        let ready = slot.ready?;
        let unseen = |id: &&SlotId| !self.slots.get(**id).was_looked_at_since(ready);
        slot.needs.iter().find(unseen).copied()
    }

    fn queue_start(&mut self, id: SlotId) {
        let slot = self.slots.get(id);
        if slot.queued.is_some() {
            return;
        }
        let priority = slot.order.as_ref().and_then(|order| order.priority.clone());
        let entry = (Reverse(priority), slot.key.clone(), id);
        let group = (slot.goal, self.action_pools(slot));
        self.starts.groups.entry(group.clone()).or_default().insert(entry.clone());
        self.slots.get_mut(id).queued = Some(Box::new(Queued { group, entry }));
    }

    pub(super) fn dequeue_start(&mut self, id: SlotId) {
        let Some(queued) = self.slots.get_mut(id).queued.take() else { return };
        if let Some(group) = self.starts.groups.get_mut(&queued.group) {
            group.remove(&queued.entry);
            if group.is_empty() {
                self.starts.groups.remove(&queued.group);
            }
        }
    }

    /// Starts what may start.
    pub(super) fn dispatch_starts(&mut self, now: Timestamp) {
        let mut turn = self.groups_in_turn();
        while !turn.is_empty() {
            turn.retain(|group| {
                let is_open = self.starts.groups.contains_key(group) && self.is_open(group, now);
                if is_open {
                    self.start(group, now);
                    self.starts.last = Some(group.clone());
                }
                is_open
            });
        }
    }

    fn is_open(&mut self, group: &GroupKey, now: Timestamp) -> bool {
        let closed: Vec<Closed> =
            group.1.iter().filter_map(|pool| self.pools.closed(pool, now)).collect();
        self.wait_for_pools(&closed);
        closed.is_empty()
            && self.runs.has_room()
            && !self.is_all_paused
            && !self.paused_goals.contains(&self.spec.goals[group.0].goal.name)
    }

    /// All groups, from the one after that which was served last.
    fn groups_in_turn(&self) -> Vec<GroupKey> {
        let groups = self.starts.groups.keys().cloned();
        let (mut before, mut after): (Vec<GroupKey>, Vec<GroupKey>) =
            groups.partition(|group| self.starts.last.as_ref().is_some_and(|last| group <= last));
        after.append(&mut before);
        after
    }

    fn start(&mut self, group: &GroupKey, now: Timestamp) {
        let slots = self.next_to_start(group);
        let run = self.runs.next_id();
        let (mut changes, mut starts) = (Vec::new(), Vec::new());
        for id in &slots {
            self.dequeue_start(*id);
            starts.push(self.start_one(*id, run, now, &mut changes));
        }
        let within = self.action_of(group.0).expect("it is acted upon").within;
        let deadline = now.checked_add(within).unwrap_or(now);
        self.pools.start(&group.1, now);
        let act = Run {
            kind: RunKind::Act,
            goal: group.0,
            size: slots.len(),
            slots,
            began: now,
            step: self.step,
            deadline,
            pools: group.1.clone(),
            stopping: None,
        };
        self.runs.insert(run, act);
        self.commands.push(Command::Record(changes));
        self.commands.push(Command::Act { run, goal: group.0, starts });
    }

    /// Those that come first. Where a pool has tripped, they are a probe: those that were tried the
    /// least, for what fails again and again may be wrong by itself, and tells nothing of the pool.
    fn next_to_start(&self, group: &GroupKey) -> Vec<SlotId> {
        let entries = self.starts.groups.get(group).into_iter().flatten();
        let slots = entries.map(|(_, _, id)| *id);
        let batch = self.spec.goals[group.0].batch();
        if !group.1.iter().any(|pool| self.pools.is_tripped(pool)) {
            return slots.take(batch).collect();
        }
        let tries = |id: &SlotId| self.slots.get(*id).attempt.as_ref().map(|one| one.number);
        if batch == 1 {
            return slots.min_by_key(tries).into_iter().collect();
        }
        let mut slots: Vec<SlotId> = slots.collect();
        slots.sort_by_key(tries);
        slots.truncate(batch);
        slots
    }

    fn start_one(
        &mut self,
        id: SlotId,
        run: RunId,
        now: Timestamp,
        changes: &mut Vec<Change>,
    ) -> Start {
        let slot = self.slots.get_mut(id);
        let number = slot.attempt.as_ref().map_or(1, |attempt| attempt.number.saturating_add(1));
        let (outcome, message) = (Outcome::Running, "".into());
        let attempt = Attempt { number, started: now, ended: now, outcome, message };
        slot.attempt = Some(Box::new(attempt.clone()));
        slot.acting = Some(run);
        let is_first = slot.episode.is_none();
        let episode = *slot.episode.get_or_insert(now);
        let slot = self.slots.get(id);
        changes.push(self.attempt_row(slot, &attempt));
        if let Some(relation) = self.spec.goals[slot.goal].episode.filter(|_| is_first) {
            let row = slot.key.iter().cloned().chain([Value::Time(episode)]).collect();
            changes.push(Change::Insert { relation, row });
        }
        Start { key: slot.key.clone(), number, episode }
    }
}
