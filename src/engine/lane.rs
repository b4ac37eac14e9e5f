//! One worker with its operators: steps in, changes out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{RelationId, Timestamp};
use crate::plan::Plan;

use super::census::{Census, Holders};
use super::clock::Clock;
use super::code::Surroundings;
use super::context::Context;
use super::errors::{ErrorCounts, Errors};
use super::facts::Changes;
use super::flow::Flow;
use super::meter::Meter;
use super::post::Post;
use super::profile::{Cost, Profile};
use super::profiler::{Profiler, Stopwatch};
use super::question::Question;
use super::words::Words;

/// A worker and what it holds.
pub struct Lane {
    plan: Arc<Plan>,
    flow: Flow,
    clock: Clock,
    errors: Errors,
    meter: Meter,
    profiler: Profiler,
}

/// What happens in one step: the time moves, facts change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    pub now: Timestamp,
    pub changes: Changes,
}

/// What came of a step, in one worker.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
    /// Builds the plan's operators. Workers talk by post.
    pub fn new(post: Post, plan: Arc<Plan>, around: Surroundings, rounds_max: u32) -> Lane {
        let (clock, holders) = (Clock::default(), Holders::default());
        let (errors, meter) = (Errors::default(), Meter::default());
        let profiler = Profiler::default();
        let context = Context {
            plan: plan.clone(),
            around,
            errors: errors.clone(),
            meter: meter.clone(),
            clock: clock.clone(),
            holders,
            profiler: profiler.clone(),
            rounds_max,
        };
        Lane { plan, flow: Flow::new(context, post), clock, errors, meter, profiler }
    }

    /// Applies a step, with everything that follows from it.
    pub fn step(&mut self, step: Step) -> Outcome {
        self.clock.set(step.now);
        Outcome {
            watched: self.flow.step(step.changes),
            errors: self.errors.counts(),
            next_alarm: self.clock.next_alarm(),
            updates: self.meter.total(),
        }
    }

    /// Measures all operators from now on.
    pub fn measure(&self, stopwatch: Stopwatch) {
        self.profiler.start(&self.plan, stopwatch);
    }

    /// What the operators have cost since they are measured.
    pub fn profile(&self) -> Profile {
        let mut profile = self.profiler.profile();
        self.flow.hold(&mut |part, held| {
            profile.add(part, Cost { held: held as u64, ..Cost::default() });
        });
        profile
    }

    /// Counts the words of all rows that this worker keeps.
    pub fn count(&self, census: &mut Census) {
        self.flow.count(census);
    }

    /// The rows of a relation that are asked for, as far as this worker holds them; in order.
    pub fn rows(&self, relation: RelationId, question: &Question) -> Vec<Words> {
        self.flow.rows(relation, question)
    }
}
