//! Rows that hold for a span of time. Each enters and leaves by itself, out of a queue ordered
//! by moment, so that a clock which moves over a million rows of which three are due costs the
//! work of three.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use differential_dataflow::AsCollection;
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::Pipeline as Pact;
use timely::dataflow::operators::generic::operator::Operator;

use crate::model::Comparison;
use crate::plan::ClockTest;

use super::clock::{AlarmId, Clock};
use super::coding::decode_signed;
use super::context::Context;
use super::stream::{Moment, Rows, by_columns};
use super::words::{AsWords, Words};

/// The first `keep` columns of the rows for which every test holds now. `ticks` has a message at
/// each step in which the queue of some operator is due.
pub fn hold<'s, T: Moment>(
    rows: Rows<'s, T>,
    ticks: Stream<'s, T, Vec<()>>,
    tests: Vec<ClockTest>,
    keep: usize,
    context: &Context,
) -> Rows<'s, T> {
    // A row that goes meets what was queued when it came.
    let whole: Vec<usize> = (0..keep).chain(tests.iter().map(|t| t.column)).collect();
    let meter = context.meter.clone();
    let mut queue = Queue::new(context.clock.clone());
    let entries = queue.entries.clone();
    context.holders.add(move |census| {
        entries.borrow().keys().for_each(|(_, row, _)| census.see(row.words()));
    });
    rows.inner
        .binary(ticks, by_columns(whole), Pact, "Clock", move |_, _| {
            move |rows, ticks, output| {
                rows.for_each(|capability, data| {
                    let mut session = output.session(&capability);
                    for (row, time, count) in data.drain(..) {
                        meter.add(1);
                        let span = span(&tests, row.words());
                        let kept = Words::from_slice(&row.words()[..keep]);
                        if span.contains(&queue.clock.now()) {
                            session.give((kept.clone(), time.clone(), count));
                        }
                        queue.schedule(span, kept, &time, count);
                    }
                });
                ticks.for_each(|capability, _| {
                    let epochs: Vec<_> = capability.stamp().iter().map(Moment::epoch).collect();
                    for epoch in epochs {
                        for (row, round, count) in queue.due() {
                            meter.add(1);
                            let time = round.at(epoch);
                            let delayed = capability.delayed(&time, 0);
                            output.session(&delayed).give((row, time, count));
                        }
                    }
                });
                queue.set_alarm();
            }
        })
        .as_collection()
}

/// The moments, in microseconds, at which every test holds; empty where there are none.
fn span(tests: &[ClockTest], row: &[u64]) -> std::ops::Range<i64> {
    let mut span = i64::MIN..i64::MAX;
    for test in tests {
        let moment = decode_signed(row[test.column]);
        match test.comparison {
            Comparison::GreaterOrEqual => span.start = span.start.max(moment),
            Comparison::Greater => span.start = span.start.max(moment + 1),
            Comparison::Less => span.end = span.end.min(moment),
            Comparison::LessOrEqual => span.end = span.end.min(moment + 1),
            Comparison::Equal | Comparison::NotEqual => {
                unreachable!("the clock is only compared by order")
            }
        }
    }
    span
}

/// What enters or leaves later.
struct Queue<T> {
    clock: Clock,
    alarm: AlarmId,
    entries: Entries<T>,
}

/// By moment, row, and the round in which the row is derived.
type Entries<T> = Rc<RefCell<BTreeMap<(i64, Words, T), isize>>>;

impl<T: Moment> Queue<T> {
    fn new(clock: Clock) -> Queue<T> {
        let alarm = clock.add_alarm();
        Queue { clock, alarm, entries: Entries::default() }
    }

    /// Notes the row's entrance and exit where they are still to come.
    fn schedule(&mut self, span: std::ops::Range<i64>, row: Words, time: &T, count: isize) {
        if span.is_empty() {
            return;
        }
        let now = self.clock.now();
        // Only the round matters: the step will be the one in which it is due.
        let round = time.at(0);
        if span.start > now {
            self.add((span.start, row.clone(), round.clone()), count);
        }
        if span.end > now && span.end < i64::MAX {
            self.add((span.end, row, round), -count);
        }
    }

    fn add(&mut self, key: (i64, Words, T), count: isize) {
        match self.entries.borrow_mut().entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(count);
            }
            Entry::Occupied(mut occupied) => {
                *occupied.get_mut() += count;
                if *occupied.get() == 0 {
                    occupied.remove();
                }
            }
        }
    }

    /// Takes out what is due by now.
    fn due(&mut self) -> Vec<(Words, T, isize)> {
        let now = self.clock.now();
        let mut due = Vec::new();
        let mut entries = self.entries.borrow_mut();
        while let Some(entry) = entries.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((_, row, round), count) = entry.remove_entry();
            due.push((row, round, count));
        }
        due
    }

    fn set_alarm(&self) {
        let next = self.entries.borrow().keys().next().map(|(moment, ..)| *moment);
        self.clock.set_alarm(self.alarm, next);
    }
}
