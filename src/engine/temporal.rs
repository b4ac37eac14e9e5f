//! Rows that hold for a span of time. Each enters and leaves by itself, out of a queue ordered
//! by moment, so that a clock which moves over a million rows of which three are due costs the
//! work of three.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use crate::model::Comparison;
use crate::plan::ClockTest;

use super::clock::{AlarmId, Clock};
use super::coding::decode_signed;
use super::context::Context;
use super::count::plus;
use super::meter::Meter;
use super::words::Words;

/// Passes on the rows for which every test holds now, and keeps those that will enter or leave.
/// `T` is what tells apart rows that are equal: the round of a loop.
pub struct Hold<T> {
    tests: Vec<ClockTest>,
    keep: usize,
    clock: Clock,
    alarm: AlarmId,
    entries: Entries<T>,
    meter: Meter,
}

/// By moment, row, and what else tells it apart.
type Entries<T> = Rc<RefCell<BTreeMap<(i64, Words, T), isize>>>;

impl<T: Ord + Clone + 'static> Hold<T> {
    /// Holds the first `keep` columns of rows.
    pub fn new(tests: Vec<ClockTest>, keep: usize, context: &Context) -> Hold<T> {
        let (clock, meter) = (context.clock.clone(), context.meter.clone());
        let alarm = clock.add_alarm();
        let entries = Entries::default();
        let held = entries.clone();
        context.holders.add(move |census| {
            held.borrow().keys().for_each(|(_, row, _)| census.see(row.words()));
        });
        Hold { tests, keep, clock, alarm, entries, meter }
    }

    /// How many words the rows have that it takes in: what is kept, then a moment for each test.
    pub fn width(&self) -> usize {
        self.keep + self.tests.len()
    }

    /// How many entrances and exits are still to come.
    pub fn len(&self) -> usize {
        self.entries.borrow().len()
    }

    /// Takes in a row, and says whether it holds now.
    pub fn take(&mut self, row: &[u64], round: T, count: isize) -> bool {
        self.meter.add(1);
        let span = span(&self.tests, row);
        let holds = span.contains(&self.clock.now());
        self.schedule(span, &row[..self.keep], round, count);
        holds
    }

    /// Takes out what has entered or left by now.
    pub fn due(&mut self) -> Vec<(Words, T, isize)> {
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
        self.meter.add(due.len() as u64);
        due
    }

    /// Says when it next has something to do.
    pub fn set_alarm(&self) {
        let next = self.entries.borrow().keys().next().map(|(moment, ..)| *moment);
        self.clock.set_alarm(self.alarm, next);
    }

    /// Notes the row's entrance and exit where they are still to come.
    fn schedule(&mut self, span: std::ops::Range<i64>, row: &[u64], round: T, count: isize) {
        let now = self.clock.now();
        if span.is_empty() || span.end <= now {
            return;
        }
        if span.start > now {
            self.add((span.start, Words::from_slice(row), round.clone()), count);
        }
        if span.end < i64::MAX {
            self.add((span.end, Words::from_slice(row), round), -count);
        }
    }

    fn add(&mut self, key: (i64, Words, T), count: isize) {
        match self.entries.borrow_mut().entry(key) {
            Entry::Vacant(vacant) => {
                vacant.insert(count);
            }
            Entry::Occupied(mut occupied) => {
                *occupied.get_mut() = plus(*occupied.get(), count);
                if *occupied.get() == 0 {
                    occupied.remove();
                }
            }
        }
    }
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
