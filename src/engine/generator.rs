//! Rows that become one row for each value of a range. Updates of one step are netted as the
//! ends of stretches before any value is made: a range that grows by a day costs one value,
//! however long it is.

use std::collections::BTreeMap;

use differential_dataflow::AsCollection;
use rustc_hash::FxHashMap;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::operator::Operator;

use crate::model::{CalendarSpan, NoValue, RangeStep, Type, Value, range_values};
use crate::plan::SiteId;

use super::coding::{decode_plain, decode_signed, encode_signed};
use super::context::Context;
use super::errors::Reason;
use super::stream::{Moment, Rows, by_columns};
use super::words::{AsWords, Words};

/// How to make a range's values out of a row's words.
#[derive(Clone, Debug)]
pub struct Generator {
    pub from: usize,
    pub to: usize,
    pub inclusive: bool,
    pub step: RangeStep,
    pub ty: Type,
    pub keep: Vec<usize>,
    pub site: SiteId,
}

/// The kept columns of each row, once for each value of its range, the value last.
pub fn generate<'s, T: Moment>(
    rows: Rows<'s, T>,
    generator: Generator,
    context: &Context,
) -> Rows<'s, T> {
    let (errors, meter) = (context.errors.clone(), context.meter.clone());
    rows.inner
        .unary_frontier(by_columns(generator.keep.clone()), "Range", move |_, _| {
            let mut stash: BTreeMap<T, (Capability<T>, Stretches)> = BTreeMap::new();
            move |(input, frontier), output| {
                input.for_each(|capability, data| {
                    for (row, time, count) in data.drain(..) {
                        let (_, stretches) = stash.entry(time).or_insert_with_key(|time| {
                            (capability.delayed(time, 0), Stretches::default())
                        });
                        if let Err(reason) = stretches.add(&generator, row.words(), count) {
                            errors.note(generator.site, Reason::NoValue(reason), count);
                        }
                    }
                });
                let ready: Vec<T> =
                    stash.keys().filter(|time| !frontier.less_equal(time)).cloned().collect();
                for time in ready {
                    let (capability, stretches) = stash.remove(&time).expect("it was found there");
                    let mut session = output.session(&capability);
                    stretches.drain(&generator, |row, count| {
                        meter.add(1);
                        session.give((row, time.clone(), count));
                    });
                }
            }
        })
        .as_collection()
}

/// What decides which rows share values: the kept columns, and where their steps fall.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Lane {
    kept: Words,
    phase: i64,
}

/// The ends of stretches of values, by lane: from a place on so many more, or fewer.
#[derive(Default)]
struct Stretches {
    ends: FxHashMap<Lane, Vec<(i128, isize)>>,
}

impl Stretches {
    fn add(&mut self, generator: &Generator, row: &[u64], count: isize) -> Result<(), NoValue> {
        let value = |column: usize| plain_value(row[column], generator.ty);
        let (from, to) = (value(generator.from), value(generator.to));
        // Walks the values only where calendar steps leave no other way to count them.
        let values = range_values(&from, &to, generator.inclusive, generator.step)?;
        let start = decode_signed(row[generator.from]);
        let end = decode_signed(row[generator.to]);
        let (phase, first, length) = match unit(generator.step) {
            Some(unit) => {
                let phase = start.rem_euclid(unit);
                let cut = i64::from(!generator.inclusive);
                let span = i128::from(end) - i128::from(cut) - i128::from(start);
                let length = span.div_euclid(i128::from(unit)) + 1;
                let first = start.div_euclid(unit);
                (phase, i128::from(first), length.max(0))
            }
            None => (start, 0, values.count() as i128),
        };
        if length > 0 {
            let lane = Lane { kept: Words::pick(row, &generator.keep), phase };
            let ends = self.ends.entry(lane).or_default();
            ends.push((first, count));
            ends.push((first + length, -count));
        }
        Ok(())
    }

    /// Gives each value whose count changed.
    fn drain(self, generator: &Generator, mut give: impl FnMut(Words, isize)) {
        let mut lanes: Vec<(Lane, Vec<(i128, isize)>)> = self.ends.into_iter().collect();
        lanes.sort_unstable();
        for (lane, mut ends) in lanes {
            ends.sort_unstable();
            let mut count = 0;
            for (at, (place, change)) in ends.iter().enumerate() {
                count += change;
                let next = ends.get(at + 1).map_or(*place, |(next, _)| *next);
                if count != 0 {
                    for place in *place..next {
                        let mut row = lane.kept.words().to_vec();
                        row.push(word_at(generator, lane.phase, place));
                        give(Words::from_slice(&row), count);
                    }
                }
            }
        }
    }
}

/// The distance between values as words count them, where it is the same everywhere.
fn unit(step: RangeStep) -> Option<i64> {
    match step {
        RangeStep::Int(step) => Some(step),
        RangeStep::Calendar(span) => (span.months == 0).then_some(i64::from(span.days)),
        RangeStep::Exact(step) => Some(step.micros()),
    }
}

fn word_at(generator: &Generator, phase: i64, place: i128) -> u64 {
    match (unit(generator.step), generator.step) {
        (Some(unit), _) => {
            let value = place * i128::from(unit) + i128::from(phase);
            encode_signed(i64::try_from(value).expect("between the ends of a range"))
        }
        (None, RangeStep::Calendar(span)) => {
            let times = i32::try_from(place).expect("dates are fewer");
            let span = CalendarSpan { months: span.months * times, days: span.days * times };
            let Value::Date(start) = plain_value(encode_signed(phase), Type::Date) else {
                unreachable!("decoded as a date")
            };
            let date = start.checked_add(span).expect("the value was counted");
            encode_signed(i64::from(date.days()))
        }
        (None, RangeStep::Int(_) | RangeStep::Exact(_)) => {
            unreachable!("only calendar steps are uneven")
        }
    }
}

fn plain_value(word: u64, ty: Type) -> Value {
    decode_plain(word, ty).expect("ranges are over ints, dates and times")
}
