//! How things stand, for those who ask.

use super::Stopping;
use super::pools::{Closed, PoolKey, title};
use super::reconciler::Reconciler;
use super::runs::{Run, RunKind};
use super::slot::{Key, Looking, Outcome, Slot};
use super::{Flight, Mode, RunId};
use crate::model::{Timestamp, Value};

/// How an instance stands.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceView {
    /// When the last look began that ended well.
    pub looked: Option<Timestamp>,
    /// Why the last look failed, if it did.
    pub look_failure: Option<String>,
    /// When the look began that is on its way.
    pub looking: Option<Timestamp>,
    pub next_look: Option<Timestamp>,
    /// The action on its way: since when, and until when it may take.
    pub acting: Option<(Timestamp, Timestamp)>,
    /// What keeps an instance from being started that is ready, or rests after a failure.
    pub obstacle: Option<Obstacle>,
}

/// Why nothing is started for an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    ObserveOnly,
    /// Its look is still to come.
    NotLookedAt,
    /// A look at something that it needs is still to come: goal and parameters.
    NeedNotLookedAt(String, Key),
    /// A little more than the back-off.
    Jitter(Timestamp),
    AllPaused,
    GoalPaused,
    PoolPaused(String),
    PoolFull(String),
    PoolRate(String, Timestamp),
    /// After so many failures in a row, one probe at a time.
    PoolTripped {
        pool: String,
        failures: u32,
        /// What the last of them said.
        failure: String,
        /// When the next probe may start, if none is on its way.
        next_probe: Option<Timestamp>,
    },
}

/// A look or an action on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct RunView {
    pub run: RunId,
    pub goal: String,
    pub is_action: bool,
    /// The first instance of it, and how many there are.
    pub first: Option<Key>,
    pub instances: usize,
    pub began: Timestamp,
    pub deadline: Timestamp,
    pub stopping: Option<Stopping>,
}

/// How a pool stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolView {
    pub name: String,
    pub running: u32,
    pub limit: u32,
    /// How many failed in a row, where enough of them trip it.
    pub failures: u32,
    /// What the last of them said.
    pub failure: Option<String>,
    pub is_tripped: bool,
    pub next_probe: Option<Timestamp>,
    pub is_paused: bool,
}

/// How the looks of a goal stand.
#[derive(Clone, Debug, PartialEq)]
pub struct LooksView {
    pub goal: String,
    /// How many instances are due, and wait for room.
    pub waiting: usize,
    /// When the next look is due by itself.
    pub next: Option<Timestamp>,
    /// When the last look ended, and why it failed, if it did.
    pub failure: Option<(Timestamp, String)>,
}

impl Reconciler {
    /// How an instance stands, if anybody looks at it or acts upon it.
    pub fn instance(&self, goal: &str, key: &[Value], now: Timestamp) -> Option<InstanceView> {
        let id = self.slots.find(self.goal_of(goal)?, key)?;
        let slot = self.slots.get(id);
        let run = |looking| match looking {
            Looking::InFlight(run) => self.runs.get(run),
            Looking::Idle | Looking::Queued { .. } => None,
        };
        let acting = slot.acting.and_then(|run| self.runs.get(run));
        Some(InstanceView {
            looked: slot.looked.map(|(_, moment)| moment),
            look_failure: slot.look_failure.as_ref().map(ToString::to_string),
            looking: run(slot.looking).map(|run| run.began),
            next_look: slot.next_look,
            acting: acting.map(|run| (run.began, run.deadline)),
            obstacle: self.obstacle(id, now),
        })
    }

    fn obstacle(&self, id: super::slots::SlotId, now: Timestamp) -> Option<Obstacle> {
        let slot = self.slots.get(id);
        let spec = &self.spec.goals[slot.goal];
        if self.spec.mode == Mode::ObserveOnly {
            // What is ready is not noted where nothing comes of it.
            let could_act = slot.missing && spec.goal.action.is_some();
            return could_act.then_some(Obstacle::ObserveOnly);
        }
        if slot.acting.is_some() {
            return None;
        }
        let Some(ready) = slot.ready else { return self.trip_of_failed(slot, now) };
        if self.is_all_paused {
            return Some(Obstacle::AllPaused);
        }
        if self.paused_goals.contains(&spec.goal.name) {
            return Some(Obstacle::GoalPaused);
        }
        if let Some(moment) = slot.not_before.filter(|moment| *moment > now) {
            return Some(Obstacle::Jitter(moment));
        }
        if spec.goal.check.is_some() && !slot.was_looked_at_since(ready) {
            return Some(Obstacle::NotLookedAt);
        }
        if let Some(need) = self.unseen_need(slot) {
            let need = self.slots.get(need);
            let goal = self.spec.goals[need.goal].goal.name.clone();
            return Some(Obstacle::NeedNotLookedAt(goal, need.key.clone()));
        }
        self.action_pools(slot).iter().find_map(|key| {
            let name = title(self.pools.pool(key), key);
            Some(match self.pools.closed(key, now)? {
                Closed::Paused => Obstacle::PoolPaused(name),
                Closed::Full => Obstacle::PoolFull(name),
                Closed::Rate(until) => Obstacle::PoolRate(name, until),
                Closed::Tripped(_) => return self.trip(key, now),
            })
        })
    }

    /// The pool that has tripped over failures such as that of an instance, which rests.
    fn trip_of_failed(&self, slot: &Slot, now: Timestamp) -> Option<Obstacle> {
        let has_failed = slot.missing && slot.outcome() == Some(Outcome::Failed);
        let pools = if has_failed { self.action_pools(slot) } else { Vec::new() };
        pools.iter().find_map(|key| self.trip(key, now))
    }

    fn trip(&self, key: &PoolKey, now: Timestamp) -> Option<Obstacle> {
        let (state, next_probe) = self.pools.trip(key, now)?;
        Some(Obstacle::PoolTripped {
            pool: title(self.pools.pool(key), key),
            failures: state.failures,
            failure: state.failure.clone().unwrap_or_default(),
            next_probe,
        })
    }

    /// Everything that is on its way, the oldest first.
    pub fn in_flight(&self) -> Vec<RunView> {
        let view = |(id, run): (RunId, &Run)| RunView {
            run: id,
            goal: self.spec.goals[run.goal].goal.name.clone(),
            is_action: run.kind == RunKind::Act,
            first: run.slots.first().map(|slot| self.slots.get(*slot).key.clone()),
            instances: run.size,
            began: run.began,
            deadline: run.deadline,
            stopping: run.stopping,
        };
        self.runs.iter().map(view).collect()
    }

    /// The actions on their way, for a reconciler that takes over.
    pub fn flights(&self) -> Vec<Flight> {
        let acts = self.runs.iter().filter(|(_, run)| run.kind == RunKind::Act);
        let flight = |(id, run): (RunId, &Run)| Flight {
            run: id,
            goal: self.spec.goals[run.goal].goal.name.clone(),
            keys: run.slots.iter().map(|slot| self.slots.get(*slot).key.clone()).collect(),
            began: run.began,
        };
        acts.map(flight).chain(self.runs.strangers().cloned()).collect()
    }

    /// The number of the run that would begin next.
    pub fn next_run(&self) -> RunId {
        self.runs.next()
    }

    /// Whether a run has not ended.
    pub fn is_in_flight(&self, run: RunId) -> bool {
        self.runs.get(run).is_some()
    }

    /// Why a run was asked to stop, if it was.
    pub fn stopping(&self, run: RunId) -> Option<Stopping> {
        self.runs.get(run)?.stopping
    }

    /// The goal of an action on its way.
    pub fn goal_of_run(&self, run: RunId) -> Option<String> {
        let run = self.runs.get(run).filter(|run| run.kind == RunKind::Act)?;
        Some(self.spec.goals[run.goal].goal.name.clone())
    }

    /// Whether nothing of an instance is in flight.
    pub fn is_free(&self, goal: &str, key: &[Value], now: Timestamp) -> bool {
        let found = self.goal_of(goal).and_then(|goal| self.slots.find(goal, key));
        let Some(slot) = found.map(|id| self.slots.get(id)) else { return true };
        slot.acting.is_none() && !self.is_under_way(slot, now)
    }

    /// All pools, in the order of the program.
    pub fn pools(&self) -> Vec<PoolView> {
        let view = |(key, state): (super::pools::PoolKey, super::pools::State)| {
            let pool = self.pools.pool(&key);
            PoolView {
                name: title(pool, &key),
                running: state.running,
                limit: pool.limit,
                failures: state.failures,
                is_tripped: self.pools.is_tripped(&key),
                failure: state.failure,
                next_probe: state.probe_from,
                is_paused: self.pools.is_paused(&pool.name),
            }
        };
        self.pools.states().into_iter().map(view).collect()
    }

    /// The goals that have a check, with how many instances are due to be looked at and wait for
    /// room, and when the next one is due.
    pub fn looks(&self) -> Vec<LooksView> {
        let mut next: Vec<Option<Timestamp>> = vec![None; self.spec.goals.len()];
        for (moment, id) in self.slots.wakes().take(WAKES_MAX) {
            let slot = self.slots.get(id);
            if slot.next_look == Some(moment) {
                next[slot.goal].get_or_insert(moment);
            }
        }
        let goals = self.spec.goals.iter().zip(&self.looks).zip(next);
        let looked_at = goals.filter(|((spec, _), _)| spec.goal.check.is_some());
        looked_at
            .map(|((spec, queue), next)| LooksView {
                goal: spec.goal.name.clone(),
                waiting: queue.len(),
                next,
                failure: queue.failure.clone(),
            })
            .collect()
    }
}

/// How many of the next moments are searched for those of looks.
const WAKES_MAX: usize = 100_000;
