//! How many rows met an expression without a value, counted beside the operators: a count is a
//! sum over updates, so it needs no operators of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use rustc_hash::FxHashMap;

use crate::model::NoValue;
use crate::plan::SiteId;

/// Why rows were dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Reason {
    NoValue(NoValue),
    /// Recursion reached the bound of rounds.
    Rounds,
}

/// Counts per rule and reason.
pub type ErrorCounts = BTreeMap<(SiteId, Reason), i64>;

/// The counts of one worker, shared by its operators.
#[derive(Clone, Debug, Default)]
pub struct Errors(Rc<RefCell<FxHashMap<(SiteId, Reason), i64>>>);

impl Errors {
    /// Counts rows that were dropped, or with a negative count rows that no longer are.
    pub fn note(&self, site: SiteId, reason: Reason, count: isize) {
        let mut counts = self.0.borrow_mut();
        let known = counts.entry((site, reason)).or_insert(0);
        *known = known.saturating_add(count as i64);
    }

    /// The counts as they stand.
    pub fn counts(&self) -> ErrorCounts {
        self.0.borrow().iter().filter(|(_, n)| **n != 0).map(|(key, n)| (*key, *n)).collect()
    }
}
