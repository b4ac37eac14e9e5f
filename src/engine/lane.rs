//! One timely worker with its copy of the dataflow: steps in, changes out.

use std::rc::Rc;
use std::sync::Arc;

use differential_dataflow::trace::TraceReader;
use differential_dataflow::trace::cursor::{Cursor, cursor_list};
use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::progress::frontier::AntichainRef;
use timely::worker::Worker;

use crate::model::{RelationId, Timestamp};
use crate::plan::Plan;

use super::census::{Census, Holders};
use super::clock::Clock;
use super::code::Surroundings;
use super::context::Context;
use super::errors::{ErrorCounts, Errors};
use super::facts::Changes;
use super::meter::Meter;
use super::question::Question;
use super::render::{Ends, render};
use super::stream::Epoch;
use super::words::{AsWords, Words};

/// A worker and what it holds of its dataflow.
pub struct Lane {
    worker: Worker,
    ends: Ends,
    clock: Clock,
    holders: Holders,
    errors: Errors,
    meter: Meter,
    epoch: Epoch,
}

/// What happens in one step: the time moves, facts change.
#[derive(Clone, Debug)]
pub struct Step {
    pub now: Timestamp,
    pub changes: Changes,
}

/// What came of a step, in one worker.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Changes of watched relations, not consolidated.
    pub watched: Changes,
    pub errors: ErrorCounts,
    /// The next moment, in microseconds, at which some row enters or leaves by itself.
    pub next_alarm: Option<i64>,
    /// Updates that operators have handled since the start.
    pub updates: u64,
}

impl Lane {
    /// Builds the plan's dataflow on a worker.
    pub fn new(
        allocator: Allocator,
        plan: Arc<Plan>,
        around: Surroundings,
        rounds_max: u32,
    ) -> Lane {
        let mut worker = Worker::new(WorkerConfig::default(), allocator, None);
        let (clock, holders) = (Clock::default(), Holders::default());
        let (errors, meter) = (Errors::default(), Meter::default());
        let context = Context {
            plan: Rc::new((*plan).clone()),
            around,
            errors: errors.clone(),
            meter: meter.clone(),
            clock: clock.clone(),
            holders: holders.clone(),
            rounds_max,
        };
        let ends = worker.dataflow::<Epoch, _, _>(|scope| render(context, scope));
        Lane { worker, ends, clock, holders, errors, meter, epoch: 0 }
    }

    /// Applies a step and waits until everything that follows from it is known.
    pub fn step(&mut self, step: Step) -> Outcome {
        self.clock.set(step.now);
        if self.clock.next_alarm().is_some_and(|alarm| alarm <= step.now.micros()) {
            self.ends.ticks.send(());
        }
        for (relation, row, count) in step.changes {
            // A relation that nothing reads has no way in.
            if let Some(session) = &mut self.ends.sessions[relation.index()] {
                session.update(row, count);
            }
        }
        for (session, rows) in &mut self.ends.constants {
            rows.drain(..).for_each(|row| session.update(row, 1));
        }
        self.epoch += 1;
        let epoch = self.epoch;
        let constants = self.ends.constants.iter_mut().map(|(session, _)| session);
        for session in self.ends.sessions.iter_mut().flatten().chain(constants) {
            session.advance_to(epoch);
            session.flush();
        }
        self.ends.ticks.advance_to(epoch);
        for trace in self.ends.traces.iter_mut().flatten() {
            trace.set_logical_compaction(AntichainRef::new(&[epoch]));
            trace.set_physical_compaction(AntichainRef::new(&[epoch]));
        }
        let probe = &self.ends.probe;
        self.worker.step_or_park_while(None, || probe.less_than(&epoch));
        Outcome {
            watched: std::mem::take(&mut *self.ends.watched.borrow_mut()),
            errors: self.errors.counts(),
            next_alarm: self.clock.next_alarm(),
            updates: self.meter.total(),
        }
    }

    /// Counts the words of all rows that this worker's dataflow keeps.
    pub fn count(&self, census: &mut Census) {
        self.holders.count(census);
    }

    /// The rows of a relation that are asked for, as far as this worker holds them; in order.
    pub fn rows(&mut self, relation: RelationId, question: &Question) -> Vec<Words> {
        let trace = self.ends.traces[relation.index()].as_mut().expect("the relation is readable");
        let batches = trace
            .batches_through(AntichainRef::new(&[self.epoch]))
            .expect("traces are kept as of the last step");
        let (mut cursor, storage) = cursor_list(batches);
        let mut rows = Vec::new();
        let prefix = question.prefix();
        cursor.seek_key(&storage, &prefix);
        while rows.len() < question.most {
            let Some(key) = cursor.get_key(&storage) else { break };
            if !key.words().starts_with(prefix.words()) {
                break;
            }
            if !question.fits(key) {
                cursor.step_key(&storage);
                continue;
            }
            let mut count = 0;
            while cursor.val_valid(&storage) {
                cursor.map_times(&storage, |_, n| count += n);
                cursor.step_val(&storage);
            }
            if count > 0 {
                rows.push(key.clone());
            }
            cursor.step_key(&storage);
        }
        rows
    }
}
