//! Rows that become one row for each value of a range. Updates of one step are netted as the
//! ends of stretches before any value is made: a range that grows by a day costs one value,
//! however long it is.

use std::collections::BTreeMap;

use differential_dataflow::AsCollection;
use rustc_hash::FxHashMap;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::operator::Operator;

use crate::model::{CalendarSpan, NoValue, RangeStep, Type, Value, range_values};
use crate::plan::Range;

use super::coding::{decode_plain, decode_signed, encode_signed};
use super::context::Context;
use super::errors::Reason;
use super::stream::{Moment, Rows, by_columns};
use super::words::{AsWords, Words};

/// The kept columns of each row, once for each value of its range, the value last.
pub fn generate<'s, T: Moment>(rows: Rows<'s, T>, range: Range, context: &Context) -> Rows<'s, T> {
    let (errors, meter) = (context.errors.clone(), context.meter.clone());
    rows.inner
        .unary_frontier(by_columns(0..range.keep), "Range", move |_, _| {
            let mut stash: BTreeMap<T, (Capability<T>, Stretches)> = BTreeMap::new();
            move |(input, frontier), output| {
                input.for_each(|capability, data| {
                    for (row, time, count) in data.drain(..) {
                        let (_, stretches) = stash.entry(time).or_insert_with_key(|time| {
                            (capability.delayed(time, 0), Stretches::default())
                        });
                        if let Err(reason) = stretches.add(&range, row.words(), count) {
                            errors.note(range.site, Reason::NoValue(reason), count);
                        }
                    }
                });
                let ready: Vec<T> =
                    stash.keys().filter(|time| !frontier.less_equal(time)).cloned().collect();
                for time in ready {
                    let (capability, stretches) = stash.remove(&time).expect("it was found there");
                    let mut session = output.session(&capability);
                    stretches.drain(&range, |row, count| {
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
struct Track {
    kept: Words,
    phase: i64,
}

/// The ends of stretches of values, by track: from a place on so many more, or fewer.
#[derive(Default)]
struct Stretches {
    ends: FxHashMap<Track, Vec<(i128, isize)>>,
}

impl Stretches {
    fn add(&mut self, range: &Range, row: &[u64], count: isize) -> Result<(), NoValue> {
        let value = |column: usize| plain_value(row[column], range.ty);
        let (from, to) = (value(range.keep), value(range.keep + 1));
        // Walks the values only where calendar steps leave no other way to count them.
        let values = range_values(&from, &to, range.inclusive, range.step)?;
        let start = decode_signed(row[range.keep]);
        let end = decode_signed(row[range.keep + 1]);
        let (phase, first, length) = match unit(range.step) {
            Some(unit) => {
                let phase = start.rem_euclid(unit);
                let cut = i64::from(!range.inclusive);
                let span = i128::from(end) - i128::from(cut) - i128::from(start);
                let length = span.div_euclid(i128::from(unit)) + 1;
                let first = start.div_euclid(unit);
                (phase, i128::from(first), length.max(0))
            }
            None => (start, 0, values.count() as i128),
        };
        if length > 0 {
            let track = Track { kept: Words::from_slice(&row[..range.keep]), phase };
            let ends = self.ends.entry(track).or_default();
            ends.push((first, count));
            ends.push((first + length, -count));
        }
        Ok(())
    }

    /// Gives each value whose count changed.
    fn drain(self, range: &Range, mut give: impl FnMut(Words, isize)) {
        let mut tracks: Vec<(Track, Vec<(i128, isize)>)> = self.ends.into_iter().collect();
        tracks.sort_unstable();
        for (track, mut ends) in tracks {
            ends.sort_unstable();
            let mut count = 0;
            for (at, (place, change)) in ends.iter().enumerate() {
                count += change;
                let next = ends.get(at + 1).map_or(*place, |(next, _)| *next);
                if count != 0 {
                    for place in *place..next {
                        let mut row = track.kept.words().to_vec();
                        row.push(word_at(range, track.phase, place));
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

fn word_at(range: &Range, phase: i64, place: i128) -> u64 {
    match (unit(range.step), range.step) {
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
