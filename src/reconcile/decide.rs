//! What is to be done about one instance, from how it stands now.

use super::reconciler::Reconciler;
use super::runs::{Run, RunKind};
use super::slot::{Looking, Outcome, Slot};
use super::slots::SlotId;
use super::{Command, Exit, Flight, RunId, Stopping};
use crate::model::{Action, Change, Duration, RelationId, Timestamp, Value, stable_hash};

impl Reconciler {
    /// Brings an instance's attempt, looks and place in the queues in line with what holds.
    pub(super) fn decide_one(&mut self, id: SlotId, now: Timestamp) {
        self.stop_unwanted(id);
        let expiry = self.settle_attempt(id, now);
        self.plan_look(id, now);
        self.plan_start(id, now);
        if self.slots.get(id).is_idle() {
            return self.slots.remove(id);
        }
        let slot = self.slots.get(id);
        let next_look = slot.next_look.filter(|_| slot.looking == Looking::Idle);
        let start = slot.not_before.filter(|_| slot.ready.is_some());
        let wakes = [expiry, next_look, start].into_iter().flatten();
        let wake = wakes.filter(|moment| *moment > now).min();
        self.slots.set_wake(id, wake);
    }

    pub(super) fn action_of(&self, goal: usize) -> Option<&Action> {
        self.spec.goals[goal].goal.action.as_ref()
    }

    /// It just became ready: it is to be looked at, and what it needs; and where attempts have
    /// failed it waits a little more than the back-off, so that not all come back at once.
    pub(super) fn became_ready(&mut self, id: SlotId, now: Timestamp) {
        let slot = self.slots.get(id);
        let failures = slot.attempt.as_ref().map(|attempt| attempt.number);
        let pause = failures.and_then(|n| self.action_of(slot.goal).map(|action| action.pause(n)));
        let jitter = pause.map(|pause| {
            let name = Value::text(self.spec.goals[slot.goal].goal.name.as_str());
            let mut values = vec![Value::Int(self.spec.seed), name];
            values.extend(slot.key.iter().cloned());
            values.push(Value::Int(i64::from(failures.unwrap_or(0))));
            stable_hash(&values) % (pause.micros() / JITTER_SHARE).max(1)
        });
        let not_before = jitter.and_then(|jitter| now.checked_add(Duration::from_micros(jitter)));
        self.slots.get_mut(id).not_before = not_before;
        self.demand_look(id, self.step, now);
        self.demand_needs(id, now);
    }

    /// A ready instance's needs are to be looked at as well.
    pub(super) fn demand_needs(&mut self, id: SlotId, now: Timestamp) {
        let slot = self.slots.get(id);
        let Some(ready) = slot.ready else { return };
        for needed in slot.needs.clone() {
            if !self.slots.get(needed).was_looked_at_since(ready) {
                self.demand_look(needed, ready, now);
            }
        }
    }

    /// Its action has just ended, or had when we began.
    pub(super) fn demand_look_after_end(&mut self, id: SlotId, now: Timestamp) {
        self.slots.get_mut(id).ended = self.step;
        self.demand_look(id, self.step, now);
    }

    /// An action has ended.
    pub(super) fn action_ended(&mut self, run: RunId, exit: &Exit, now: Timestamp) {
        let Some(ended) = self.runs.remove(run) else { return self.runs.remove_stranger(run) };
        let exit = match (exit, ended.stopping) {
            (Exit::Failed(_) | Exit::Unavailable(_), Some(why))
            | (Exit::Done, Some(why @ Stopping::Within(_))) => Exit::Failed(why.to_string()),
            (exit, _) => exit.clone(),
        };
        self.leave_pools(&ended, &exit, now);
        let is_detached = self.action_of(ended.goal).is_some_and(|action| action.detached);
        for id in ended.slots {
            self.slots.get_mut(id).acting = None;
            let slot = self.slots.get(id);
            // What the action has reported of itself stands.
            if slot.outcome() == Some(Outcome::Running) && !(is_detached && exit == Exit::Done) {
                let (outcome, message) = match (&exit, ended.stopping) {
                    // What we ended ourselves says nothing of what it was for.
                    (Exit::Failed(message), Some(Stopping::ServerStops)) if slot.missing => {
                        (Outcome::Unknown, message.clone())
                    }
                    _ => Self::outcome_of(&exit, slot.missing, ended.size),
                };
                self.record_outcome(id, outcome, &message, now);
            }
            self.demand_look_after_end(id, now);
            self.dirty.insert(id);
        }
        if self.spec.goals[ended.goal].is_judged_by_sources() {
            self.commands.push(Command::ReadSources { goal: ended.goal });
        }
    }

    fn leave_pools(&mut self, ended: &Run, exit: &Exit, now: Timestamp) {
        self.pools.leave(&ended.pools);
        let Some(action) = self.action_of(ended.goal).cloned() else { return };
        let mut notices = Vec::new();
        match (exit, ended.stopping) {
            // That nobody wants it any more says nothing of what it shares.
            (Exit::Failed(_), Some(Stopping::NotExpected | Stopping::ServerStops))
            | (Exit::Unavailable(_), _) => {}
            (Exit::Done, _) => self.pools.succeeded(&ended.pools, &mut notices),
            (Exit::Failed(message), _) => {
                let pause = |failures| action.pause(failures);
                self.pools.failed(&ended.pools, now, message, &pause, &mut notices);
            }
        }
        self.notice(notices);
    }

    /// A run has used its time.
    pub(super) fn overdue(&mut self, id: RunId, now: Timestamp) {
        let Some(run) = self.runs.get(id) else { return };
        let spec = &self.spec.goals[run.goal].goal;
        let why = match run.kind {
            RunKind::Act => spec.action.as_ref().map(|action| Stopping::Within(action.within)),
            RunKind::Look => spec.check.as_ref().map(|check| Stopping::Timeout(check.timeout())),
            RunKind::LookLater => {
                let timeout = spec.check.as_ref().map(|check| check.later_timeout());
                let why = Stopping::Timeout(timeout.unwrap_or(Duration::ZERO)).to_string();
                return self.look_failed(id, &why, now);
            }
        };
        self.stop(id, why.unwrap_or(Stopping::NotExpected));
    }

    /// Everything that runs is asked to stop.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        let runs: Vec<RunId> = self.runs.iter().map(|(id, _)| id).collect();
        runs.into_iter().for_each(|run| self.stop(run, Stopping::ServerStops));
    }

    fn stop(&mut self, id: RunId, why: Stopping) {
        if let Some(run) = self.runs.get_mut(id).filter(|run| run.stopping.is_none()) {
            run.stopping = Some(why);
            self.commands.push(Command::Stop { run: id, why });
        }
    }

    /// An attempt none of whose instances is expected is asked to stop.
    fn stop_unwanted(&mut self, id: SlotId) {
        let slot = self.slots.get(id);
        let Some(run) = slot.acting.filter(|_| !slot.expected) else { return };
        let slots = self.runs.get(run).map(|run| run.slots.as_slice()).unwrap_or_default();
        if slots.iter().all(|id| !self.slots.get(*id).expected) {
            self.stop(run, Stopping::NotExpected);
        }
    }

    /// Judges an attempt that has ended, and forgets it when nobody asks any more. Gives the
    /// moment at which it counts no longer, where that matters.
    fn settle_attempt(&mut self, id: SlotId, now: Timestamp) -> Option<Timestamp> {
        let slot = self.slots.get(id);
        // How it ended is to be seen in the history before it is forgotten.
        if slot.acting.is_some() || slot.is_recorded {
            return None;
        }
        let Some(attempt) = &slot.attempt else {
            // Who asks for another try does not end the episode.
            if slot.episode.is_some() && !slot.missing {
                self.forget_attempt(id);
            }
            return None;
        };
        if !slot.missing {
            if let Some(end) = self.detached_until(slot).filter(|end| *end > now) {
                return Some(end);
            }
            self.forget_attempt(id);
            return None;
        }
        if attempt.outcome == Outcome::Succeeded && self.was_seen_since_end(id) {
            let message = "it ended well, but what it was for is still missing";
            self.record_outcome(id, Outcome::Failed, message, now);
        }
        None
    }

    /// Until when detached work of an instance counts as being on its way.
    fn detached_until(&self, slot: &Slot) -> Option<Timestamp> {
        let action = self.action_of(slot.goal).filter(|action| action.detached)?;
        let attempt = slot.attempt.as_ref()?;
        let is_running = attempt.outcome == Outcome::Running;
        attempt.started.checked_add(action.within).filter(|_| is_running)
    }

    /// Whether detached work of an instance is on its way.
    pub(super) fn is_under_way(&self, slot: &Slot, now: Timestamp) -> bool {
        self.detached_until(slot).is_some_and(|end| end > now)
    }

    /// Whether the world was looked at since the instance's action ended.
    fn was_seen_since_end(&self, id: SlotId) -> bool {
        let slot = self.slots.get(id);
        let spec = &self.spec.goals[slot.goal];
        if spec.goal.check.is_some() {
            return slot.was_looked_at_since(slot.ended);
        }
        // Any of them may have what the others do not know yet.
        let ended = slot.attempt.as_ref().map(|attempt| attempt.ended);
        let is_read_since = |source| self.sources_read.get(source).copied() >= ended;
        spec.is_judged_by_sources() && spec.sources.iter().all(is_read_since)
    }

    fn forget_attempt(&mut self, id: SlotId) {
        let slot = self.slots.get_mut(id);
        let (attempt, episode) = (slot.attempt.take(), slot.episode.take());
        let slot = self.slots.get(id);
        let spec = &self.spec.goals[slot.goal];
        let gone = |relation: RelationId, more: usize| Change::Delete {
            relation,
            pattern: slot.key.iter().cloned().map(Some).chain(vec![None; more]).collect(),
        };
        let attempt = attempt.map(|_| gone(spec.attempt, 5));
        let episode = episode.and(spec.episode).map(|relation| gone(relation, 1));
        self.commands.push(Command::Record(attempt.into_iter().chain(episode).collect()));
    }

    /// Knows a run that began before this reconciler did.
    pub(super) fn take_over(&mut self, flight: Flight) {
        self.runs.begin_after(flight.run);
        let goal = self.goal_of(&flight.goal).filter(|goal| {
            let types = self.spec.goals[*goal].goal.parameters.iter().map(|column| column.ty);
            let types: Vec<_> = types.collect();
            let fits = |key: &super::Key| key.iter().map(Value::ty).eq(types.iter().copied());
            flight.keys.iter().all(fits)
        });
        let within = goal.and_then(|goal| self.action_of(goal)).map(|action| action.within);
        let (Some(goal), Some(within)) = (goal, within) else {
            let why = Stopping::NotExpected;
            self.commands.push(Command::Stop { run: flight.run, why });
            return self.runs.insert_stranger(flight);
        };
        let slots = flight.keys.iter().map(|key| self.slots.find_or_add(goal, key));
        let slots: Vec<SlotId> = slots.collect();
        for id in &slots {
            self.slots.get_mut(*id).acting = Some(flight.run);
        }
        let pools = slots.first().map(|id| self.action_pools(self.slots.get(*id)));
        let pools = pools.unwrap_or_default();
        self.pools.start(&pools, flight.began);
        let deadline = flight.began.checked_add(within).unwrap_or(flight.began);
        let run = Run {
            kind: RunKind::Act,
            goal,
            size: slots.len(),
            slots,
            began: flight.began,
            step: self.step,
            deadline,
            pools,
            stopping: None,
        };
        self.runs.insert(flight.run, run);
    }
}

/// Jitter is at most this part of the pause.
const JITTER_SHARE: i64 = 4;
