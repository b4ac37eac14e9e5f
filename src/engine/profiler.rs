//! What each part of a plan costs, where somebody asks for it. Time comes from outside, for this
//! room has no clock; while nobody asks, a part costs one look at whether somebody does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::plan::{Part, Plan};

use super::profile::{Cost, Profile};

/// Tells how much time has gone since some moment, which is always the same one.
pub type Stopwatch = fn() -> Duration;

/// One worker's measures, shared by all that are measured.
#[derive(Clone, Default)]
pub struct Profiler(Rc<Inner>);

#[derive(Default)]
struct Inner {
    stopwatch: Cell<Option<Stopwatch>>,
    /// All time that was counted: what an outer measure leaves to the inner ones.
    counted: Cell<Duration>,
    profile: RefCell<Profile>,
}

/// A measure that was begun.
pub struct Begun {
    stopwatch: Stopwatch,
    at: Duration,
    counted: Duration,
}

impl Profiler {
    /// Begins anew to measure the parts of a plan.
    pub fn start(&self, plan: &Plan, stopwatch: Stopwatch) {
        self.0.stopwatch.set(Some(stopwatch));
        self.0.counted.set(Duration::ZERO);
        *self.0.profile.borrow_mut() = Profile::new(plan);
    }

    /// Begins one measure, if anything is measured.
    pub fn begin(&self) -> Option<Begun> {
        let stopwatch = self.0.stopwatch.get()?;
        Some(Begun { stopwatch, at: stopwatch(), counted: self.0.counted.get() })
    }

    /// Ends the measure of one run of a part, which gave so many rows. What was measured in the
    /// meantime is not its own.
    pub fn end(&self, begun: Option<Begun>, part: Part, rows: usize) {
        if let Some(begun) = begun {
            let time = self.own_time(&begun);
            self.0
                .profile
                .borrow_mut()
                .add(part, Cost { runs: 1, rows: rows as u64, time, held: 0 });
        }
    }

    /// Ends the measure of what a part does beside its runs.
    pub fn add_time(&self, begun: Option<Begun>, part: Part) {
        if let Some(begun) = begun {
            let time = self.own_time(&begun);
            self.0.profile.borrow_mut().add(part, Cost { time, ..Cost::default() });
        }
    }

    /// What was measured so far.
    pub fn profile(&self) -> Profile {
        self.0.profile.borrow().clone()
    }

    fn own_time(&self, begun: &Begun) -> Duration {
        let inner = self.0.counted.get().saturating_sub(begun.counted);
        let own = (begun.stopwatch)().saturating_sub(begun.at).saturating_sub(inner);
        self.0.counted.set(self.0.counted.get() + own);
        own
    }
}
