//! How many rows met an expression without a value, counted beside the operators: a count is a
//! sum over updates, so it needs no operators of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::model::{NoValue, Value};
use crate::plan::{Plan, SiteId};

use super::coding::encode;
use super::dictionary::Dictionary;
use super::words::Words;

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

/// The rows of `rule_error` that the counts make, one for each message of a rule.
pub fn rows_of(errors: &ErrorCounts, plan: &Plan, dictionary: &Dictionary) -> Vec<Words> {
    let mut counts = BTreeMap::new();
    for ((site, reason), count) in errors {
        let site = &plan.sites[site.0 as usize];
        if site.reads_errors || *count <= 0 {
            continue;
        }
        let message = match reason {
            Reason::NoValue(reason) => reason.to_string(),
            Reason::Rounds => {
                "recursion reached the bound of rounds: its rows are incomplete".to_string()
            }
        };
        let known: &mut i64 = counts.entry((site.rule.as_str(), site.line, message)).or_insert(0);
        *known = known.saturating_add(*count);
    }
    let row = |((rule, line, message), count): ((&str, u32, String), i64)| {
        let values = [
            Value::text(rule),
            Value::Int(i64::from(line)),
            Value::text(message),
            Value::Int(count),
        ];
        Words::from_slice(&values.map(|value| encode(&value, dictionary)))
    };
    counts.into_iter().map(row).collect()
}
