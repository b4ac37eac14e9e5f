//! Aggregates over groups. Each group keeps what its results follow from, so that a change costs
//! the rows that change, however many the group has: counts and sums take rows back, and what is
//! least or greatest stands at an end of an ordered set.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::model::NoValue;
use crate::plan::{Aggregation, SiteId};

use super::batch::Batch;
use super::census::Census;
use super::code::Surroundings;
use super::context::Context;
use super::count::COUNT_MAX;
use super::errors::{Errors, Reason};
use super::meter::Meter;
use super::tally::Tally;
use super::words::Words;

/// A worker's groups of one aggregate: one row per group, the first `width` columns of its rows,
/// then the results. Groups without a value for some result have none, and count as errors.
pub struct Groups {
    width: usize,
    aggregations: Vec<Aggregation>,
    groups: Rc<RefCell<FxHashMap<Words, Group>>>,
    around: Surroundings,
    errors: Errors,
    meter: Meter,
    site: SiteId,
}

/// What is known of one group's rows.
struct Group {
    rows: i128,
    /// Whether more ways to match than can be counted came once: what is known is not to be
    /// trusted until the group is empty.
    is_lost: bool,
    tallies: Vec<Tally>,
}

type Outcome = Option<Result<Words, NoValue>>;

impl Groups {
    /// No groups, by so many columns.
    pub fn new(
        width: usize,
        aggregations: Vec<Aggregation>,
        site: SiteId,
        context: &Context,
    ) -> Groups {
        let groups: Rc<RefCell<FxHashMap<Words, Group>>> = Rc::default();
        let held = groups.clone();
        context.holders.add(move |census| {
            held.borrow().iter().for_each(|(key, group)| group.count(key, census));
        });
        let (around, errors) = (context.around.clone(), context.errors.clone());
        Groups { width, aggregations, groups, around, errors, meter: context.meter.clone(), site }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.borrow().len()
    }

    /// Takes in changes of rows and gives those of the groups' results.
    pub fn apply(&self, mut changes: Batch) -> Batch {
        changes.consolidate();
        self.meter.add(changes.len() as u64);
        let mut results = Batch::new(self.width + self.aggregations.len());
        let mut groups = self.groups.borrow_mut();
        let mut at = 0;
        while at < changes.len() {
            let end = changes.group_end(at, self.width);
            let key = Words::from_slice(&changes.row(at)[..self.width]);
            let group = groups.entry(key.clone()).or_insert_with(|| Group::new(&self.aggregations));
            let before = group.outcome(&self.aggregations);
            for (row, count) in changes.rows_in(at, end) {
                group.add(&self.aggregations, row, count, &self.around);
            }
            let after = group.outcome(&self.aggregations);
            if group.rows == 0 {
                groups.remove(&key);
            }
            if before != after {
                self.tell(&key, before, -1, &mut results);
                self.tell(&key, after, 1, &mut results);
            }
            at = end;
        }
        self.meter.add(results.len() as u64);
        results
    }

    fn tell(&self, key: &Words, outcome: Outcome, count: isize, results: &mut Batch) {
        match outcome {
            Some(Ok(words)) => {
                results.extend_row(key.words().iter().chain(words.words()).copied(), count);
            }
            Some(Err(reason)) => self.errors.note(self.site, Reason::NoValue(reason), count),
            None => {}
        }
    }
}

impl Group {
    fn new(aggregations: &[Aggregation]) -> Group {
        Group { rows: 0, is_lost: false, tallies: aggregations.iter().map(Tally::new).collect() }
    }

    fn add(
        &mut self,
        aggregations: &[Aggregation],
        row: &[u64],
        count: isize,
        around: &Surroundings,
    ) {
        self.rows += count as i128;
        let limit = (COUNT_MAX / 2) as i128;
        self.is_lost |= (count as i128).abs() >= limit || self.rows.abs() >= limit;
        for (tally, aggregation) in self.tallies.iter_mut().zip(aggregations) {
            tally.add(aggregation, row, count, around);
        }
    }

    /// The words of the results; nothing for a group without rows.
    fn outcome(&self, aggregations: &[Aggregation]) -> Outcome {
        (self.rows != 0).then(|| {
            let rows = i64::try_from(self.rows).ok().filter(|rows| *rows > 0 && !self.is_lost);
            let rows = rows.ok_or(NoValue::Overflow)?;
            let tallies = self.tallies.iter().zip(aggregations);
            let results: Result<Vec<u64>, NoValue> =
                tallies.map(|(tally, aggregation)| tally.result(aggregation, rows)).collect();
            results.map(|words| Words::from_slice(&words))
        })
    }

    fn count(&self, key: &Words, census: &mut Census) {
        census.see(key.words());
        self.tallies.iter().for_each(|tally| tally.count(census));
    }
}
