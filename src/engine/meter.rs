//! A measure of work that no clock can blur: how many updates operators have handled.

use std::cell::Cell;
use std::rc::Rc;

/// One worker's count, shared by its operators.
#[derive(Clone, Debug, Default)]
pub struct Meter(Rc<Cell<u64>>);

impl Meter {
    /// Counts updates that an operator handled.
    pub fn add(&self, updates: u64) {
        self.0.set(self.0.get() + updates);
    }

    /// All updates since the start.
    pub fn total(&self) -> u64 {
        self.0.get()
    }
}
