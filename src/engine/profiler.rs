//! What each part of a plan costs, where somebody asks for it. Time comes from outside, for this
//! room has no clock; while nobody asks, a part costs one look at whether somebody does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::plan::{Part, Plan};

use super::batch::Batch;
use super::profile::{Cost, Profile};

/// Tells how much time has gone since some moment, which is always the same one.
pub type Stopwatch = fn() -> Duration;

/// One worker's measures, shared by all that are measured.
#[derive(Clone, Default)]
pub struct Profiler(Rc<Inner>);

#[derive(Default)]
struct Inner {
    stopwatch: Cell<Option<Stopwatch>>,
    /// Measures that were begun, each within the one before.
    open: RefCell<Vec<Open>>,
    profile: RefCell<Profile>,
}

struct Open {
    since: Duration,
    /// What measures within it have taken.
    within: Duration,
}

impl Profiler {
    /// Begins anew to measure the parts of a plan.
    pub fn start(&self, plan: &Plan, stopwatch: Stopwatch) {
        self.0.stopwatch.set(Some(stopwatch));
        *self.0.profile.borrow_mut() = Profile::new(plan);
    }

    /// Begins one measure, if anything is measured.
    #[inline]
    pub fn begin(&self) {
        if let Some(stopwatch) = self.0.stopwatch.get() {
            self.open(stopwatch);
        }
    }

    /// Ends the measure of one run of a part, which gave these rows. What was measured in the
    /// meantime is not its own.
    #[inline]
    pub fn end(&self, part: Part, rows: &Batch) {
        if let Some(stopwatch) = self.0.stopwatch.get() {
            let rows = rows.len() as u64;
            self.close(stopwatch, part, Cost { runs: 1, rows, ..Cost::default() });
        }
    }

    /// Ends the measure of what a part does beside its runs.
    #[inline]
    pub fn end_beside(&self, part: Part) {
        if let Some(stopwatch) = self.0.stopwatch.get() {
            self.close(stopwatch, part, Cost::default());
        }
    }

    /// What was measured so far.
    pub fn profile(&self) -> Profile {
        self.0.profile.borrow().clone()
    }

    #[cold]
    fn open(&self, stopwatch: Stopwatch) {
        let open = Open { since: stopwatch(), within: Duration::ZERO };
        self.0.open.borrow_mut().push(open);
    }

    #[cold]
    fn close(&self, stopwatch: Stopwatch, part: Part, cost: Cost) {
        let mut open = self.0.open.borrow_mut();
        let Open { since, within } = open.pop().expect("a measure ends after it has begun");
        let all = stopwatch().saturating_sub(since);
        if let Some(outer) = open.last_mut() {
            outer.within += all;
        }
        let time = all.saturating_sub(within);
        self.0.profile.borrow_mut().add(part, Cost { time, ..cost });
    }
}
