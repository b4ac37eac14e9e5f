//! The first step: what holds at a start, and what a restart makes of what was under way.

use std::collections::{BTreeMap, BTreeSet};

use super::reconciler::Reconciler;
use super::slot::Outcome;
use super::slots::SlotId;
use super::{Command, Flight, Notice};
use crate::model::{Delta, Timestamp};

impl Reconciler {
    /// Takes in all that holds, and what is still in flight.
    pub(super) fn load(&mut self, delta: Delta, flights: Vec<Flight>, now: Timestamp) {
        self.change(&delta, now);
        for flight in flights {
            self.take_over(flight);
        }
        let ids: Vec<SlotId> = self.slots.ids().collect();
        self.remember_failures(&ids);
        let mut unread: BTreeSet<usize> = BTreeSet::new();
        for id in ids {
            self.mend_future(id, now);
            let slot = self.slots.get(id);
            let is_detached = self.action_of(slot.goal).is_some_and(|action| action.detached);
            match slot.outcome() {
                Some(Outcome::Running) if slot.acting.is_none() && !is_detached => {
                    let message = "the server stopped while it ran";
                    self.record_outcome(id, Outcome::Unknown, message, now);
                }
                Some(Outcome::Succeeded) => {
                    if self.spec.goals[slot.goal].is_judged_by_sources() {
                        unread.insert(slot.goal);
                    }
                    self.demand_look_after_end(id, now);
                }
                _ => {}
            }
            self.dirty.insert(id);
        }
        // What an action did just before may be there since.
        let read = |goal| Command::ReadSources { goal };
        self.commands.extend(unread.into_iter().map(read));
    }

    /// Where the system's clock was set back before a restart, an attempt may seem to come from the
    /// future: nobody is to wait for that.
    fn mend_future(&mut self, id: SlotId, now: Timestamp) {
        let slot = self.slots.get_mut(id);
        let Some(attempt) = slot.attempt.as_mut().filter(|attempt| attempt.ended > now) else {
            return;
        };
        attempt.started = attempt.started.min(now);
        let (outcome, message) = (attempt.outcome, attempt.message.clone());
        self.record_outcome(id, outcome, &message, now);
    }

    /// What is known of the pools' failures after a restart: those since the last success.
    fn remember_failures(&mut self, ids: &[SlotId]) {
        let mut failed: BTreeMap<Timestamp, Vec<SlotId>> = BTreeMap::new();
        for id in ids {
            if let Some(attempt) = &self.slots.get(*id).attempt {
                failed.entry(attempt.ended).or_default().push(*id);
            }
        }
        let mut unheard = Vec::new();
        for (ended, ids) in failed {
            // A batch fails as one.
            let mut counted = BTreeSet::new();
            for id in ids {
                let slot = self.slots.get(id);
                let Some(action) = self.action_of(slot.goal).cloned() else { continue };
                let pools = self.action_pools(slot);
                let slot = self.slots.get(id);
                let Some(attempt) = &slot.attempt else { continue };
                match attempt.outcome {
                    Outcome::Failed if !counted.insert((slot.goal, pools.clone())) => {}
                    Outcome::Failed => {
                        let pause = |failures| action.pause(failures);
                        self.pools.failed(&pools, ended, &attempt.message, &pause, &mut unheard);
                    }
                    Outcome::Succeeded => self.pools.succeeded(&pools, &mut unheard),
                    Outcome::Running | Outcome::Gone | Outcome::Unknown => {}
                }
            }
        }
        // Only what is still so is worth telling again.
        let mut last: BTreeMap<String, Notice> = BTreeMap::new();
        for notice in unheard {
            match &notice {
                Notice::Tripped { pool, .. } => last.insert(pool.clone(), notice.clone()),
                Notice::Recovered { pool } => last.remove(pool),
            };
        }
        self.notice(last.into_values().collect());
    }
}
