//! The time that a worker's operators agree on, and when each of them next has something to
//! do.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::model::Timestamp;

/// One worker's clock. It moves only between steps.
#[derive(Clone, Debug, Default)]
pub struct Clock(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now: Cell<i64>,
    alarms: RefCell<Vec<Option<i64>>>,
}

/// An operator's place among the alarms.
#[derive(Clone, Copy, Debug)]
pub struct AlarmId(usize);

impl Clock {
    /// Sets the time.
    pub fn set(&self, now: Timestamp) {
        self.0.now.set(now.micros());
    }

    /// The time, in microseconds.
    pub fn now(&self) -> i64 {
        self.0.now.get()
    }

    /// A place for an operator's next moment.
    pub fn add_alarm(&self) -> AlarmId {
        let mut alarms = self.0.alarms.borrow_mut();
        alarms.push(None);
        AlarmId(alarms.len() - 1)
    }

    /// Says when the operator next has something to do, if ever.
    pub fn set_alarm(&self, id: AlarmId, moment: Option<i64>) {
        self.0.alarms.borrow_mut()[id.0] = moment;
    }

    /// Whether some operator has something to do by now.
    pub fn is_due(&self) -> bool {
        self.next_alarm().is_some_and(|alarm| alarm <= self.now())
    }

    /// The next moment at which any operator has something to do.
    pub fn next_alarm(&self) -> Option<i64> {
        self.0.alarms.borrow().iter().copied().flatten().min()
    }
}
