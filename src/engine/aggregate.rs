//! Aggregates over groups. Each group keeps what its results follow from, so that a change costs
//! the rows that change, however many the group has: counts and sums take rows back, and what is
//! least or greatest stands at an end of an ordered set.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use differential_dataflow::AsCollection;
use rustc_hash::FxHashMap;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::operator::Operator;

use crate::model::NoValue;
use crate::plan::{Aggregation, SiteId};

use super::arrange::COUNT_MAX;
use super::census::Census;
use super::code::Surroundings;
use super::context::Context;
use super::errors::{Errors, Reason};
use super::stream::{Epoch, Rows, by_columns};
use super::tally::Tally;
use super::words::{AsWords, Words};

/// One row per group: the first `width` columns of its rows, then the results. Groups without a
/// value for some result have none, and count as errors.
pub fn aggregate<'s>(
    rows: Rows<'s, Epoch>,
    width: usize,
    aggregations: Vec<Aggregation>,
    site: SiteId,
    context: &Context,
) -> Rows<'s, Epoch> {
    let meter = context.meter.clone();
    let groups = Groups::new(aggregations, site, context);
    rows.inner
        .unary_frontier(by_columns(0..width), "Aggregate", move |_, _| {
            let mut stash: BTreeMap<Epoch, (Capability<Epoch>, Counted)> = BTreeMap::new();
            move |(input, frontier), output| {
                input.for_each(|capability, data| {
                    for (row, time, count) in data.drain(..) {
                        meter.add(1);
                        let (_, changes) = stash
                            .entry(time)
                            .or_insert_with_key(|time| (capability.delayed(time, 0), Vec::new()));
                        changes.push((row, count));
                    }
                });
                while let Some(entry) = stash.first_entry() {
                    if frontier.less_equal(entry.key()) {
                        break;
                    }
                    let (time, (capability, changes)) = entry.remove_entry();
                    let mut session = output.session(&capability);
                    groups.apply(changes, width, |row, count| {
                        meter.add(1);
                        session.give((row, time, count));
                    });
                }
            }
        })
        .as_collection()
}

/// Rows, each with how often it comes; negative where it goes.
type Counted = Vec<(Words, isize)>;

/// A worker's groups.
struct Groups {
    aggregations: Vec<Aggregation>,
    groups: Rc<RefCell<FxHashMap<Words, Group>>>,
    around: Surroundings,
    errors: Errors,
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
    fn new(aggregations: Vec<Aggregation>, site: SiteId, context: &Context) -> Groups {
        let groups: Rc<RefCell<FxHashMap<Words, Group>>> = Rc::default();
        let held = groups.clone();
        context.holders.add(move |census| {
            held.borrow().iter().for_each(|(key, group)| group.count(key, census));
        });
        let (around, errors) = (context.around.clone(), context.errors.clone());
        Groups { aggregations, groups, around, errors, site }
    }

    /// Applies changes of rows and gives those of the groups' results.
    fn apply(&self, mut changes: Counted, width: usize, mut give: impl FnMut(Words, isize)) {
        changes.sort_unstable();
        let mut groups = self.groups.borrow_mut();
        for changes in changes.chunk_by(|(a, _), (b, _)| a.words()[..width] == b.words()[..width]) {
            let key = Words::from_slice(&changes[0].0.words()[..width]);
            let group = groups.entry(key.clone()).or_insert_with(|| Group::new(&self.aggregations));
            let before = group.outcome(&self.aggregations);
            for (row, count) in changes {
                group.add(&self.aggregations, row.words(), *count, &self.around);
            }
            let after = group.outcome(&self.aggregations);
            if group.rows == 0 {
                groups.remove(&key);
            }
            if before != after {
                self.tell(&key, before, -1, &mut give);
                self.tell(&key, after, 1, &mut give);
            }
        }
    }

    fn tell(
        &self,
        key: &Words,
        outcome: Outcome,
        count: isize,
        give: &mut impl FnMut(Words, isize),
    ) {
        match outcome {
            Some(Ok(results)) => give(Words::concat(key.words(), results.words()), count),
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
