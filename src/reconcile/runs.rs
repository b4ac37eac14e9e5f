//! What is in flight: looks and actions that were asked for and have not ended.

use std::collections::{BTreeMap, BTreeSet};

use super::pools::PoolKey;
use super::slot::Step;
use super::slots::SlotId;
use super::{Flight, Stopping};
use crate::model::Timestamp;

/// The number of a run; the first of a server is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// A look or an action.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub kind: RunKind,
    pub goal: usize,
    /// The instances whose end it still owes.
    pub slots: Vec<SlotId>,
    /// How many instances it began with.
    pub size: usize,
    pub began: Timestamp,
    pub step: Step,
    pub deadline: Timestamp,
    pub pools: Vec<PoolKey>,
    /// That it was asked to stop, and why.
    pub stopping: Option<Stopping>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunKind {
    Look,
    /// A look whose answer comes by itself.
    LookLater,
    Act,
}

/// All runs, by number and by deadline.
#[derive(Debug, Default)]
pub(super) struct Runs {
    last: u64,
    runs: BTreeMap<RunId, Run>,
    deadlines: BTreeSet<(Timestamp, RunId)>,
    /// What began under other rules, of goals that these have not.
    strangers: BTreeMap<RunId, Flight>,
}

impl Runs {
    /// Numbers go on after this one.
    pub fn begin_after(&mut self, run: RunId) {
        self.last = self.last.max(run.0);
    }

    pub fn next_id(&mut self) -> RunId {
        self.last += 1;
        RunId(self.last)
    }

    /// Whether one more may run, whatever the pools say.
    pub fn has_room(&self) -> bool {
        self.runs.values().filter(|run| run.kind != RunKind::LookLater).count() < RUNS_MAX
    }

    /// The number that comes next.
    pub fn next(&self) -> RunId {
        RunId(self.last + 1)
    }

    pub fn insert(&mut self, id: RunId, run: Run) {
        self.deadlines.insert((run.deadline, id));
        self.runs.insert(id, run);
    }

    /// Keeps in mind what no goal of ours began: later rules may have it again.
    pub fn insert_stranger(&mut self, flight: Flight) {
        self.strangers.insert(flight.run, flight);
    }

    pub fn strangers(&self) -> impl Iterator<Item = &Flight> {
        self.strangers.values()
    }

    pub fn remove_stranger(&mut self, id: RunId) {
        self.strangers.remove(&id);
    }

    pub fn get(&self, id: RunId) -> Option<&Run> {
        self.runs.get(&id)
    }

    pub fn get_mut(&mut self, id: RunId) -> Option<&mut Run> {
        self.runs.get_mut(&id)
    }

    pub fn remove(&mut self, id: RunId) -> Option<Run> {
        let run = self.runs.remove(&id)?;
        self.deadlines.remove(&(run.deadline, id));
        Some(run)
    }

    pub fn set_deadline(&mut self, id: RunId, deadline: Timestamp) {
        let Some(run) = self.runs.get_mut(&id) else { return };
        self.deadlines.remove(&(run.deadline, id));
        run.deadline = deadline;
        self.deadlines.insert((deadline, id));
    }

    /// Takes the next run whose time is over; its deadline is not looked at again.
    pub fn pop_overdue(&mut self, now: Timestamp) -> Option<RunId> {
        let (deadline, id) = *self.deadlines.first()?;
        (deadline <= now).then(|| {
            self.deadlines.pop_first();
            id
        })
    }

    /// A command has ended, and what follows from that is still to come: it needs no more time.
    pub fn has_ended(&mut self, id: RunId) {
        if let Some(run) = self.runs.get(&id).filter(|run| run.kind != RunKind::LookLater) {
            self.deadlines.remove(&(run.deadline, id));
        }
    }

    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    pub fn iter(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.runs.iter().map(|(id, run)| (*id, run))
    }
}

/// More commands than these never run at once.
const RUNS_MAX: usize = 512;
