//! Rows that become one row for each value of a range. Updates of one step are netted as the
//! ends of stretches before any value is made: a range that grows by a day costs one value,
//! however long it is.

use crate::model::{CalendarSpan, NoValue, RangeStep, Type, Value, range_values};
use crate::plan::Range;

use super::batch::Batch;
use super::coding::{decode_plain, decode_signed, encode_signed};
use super::context::Context;
use super::count::COUNT_MAX;
use super::errors::Reason;

/// Makes the values of one range literal.
#[derive(Clone)]
pub struct Generator {
    range: Range,
    context: Context,
}

/// An end of a stretch of values: where their steps fall, from which one on, and how many more
/// there are from there, or fewer.
type End = (i64, i128, isize);

impl Generator {
    pub fn new(range: Range, context: &Context) -> Generator {
        Generator { range, context: context.clone() }
    }

    /// What changes in the kept columns with each value, when rows change.
    pub fn values(&self, mut rows: Batch) -> Batch {
        rows.consolidate();
        let keep = self.range.keep;
        let mut made = Batch::new(keep + 1);
        let mut ends: Vec<End> = Vec::new();
        let mut at = 0;
        while at < rows.len() {
            let end = rows.group_end(at, keep);
            ends.clear();
            for (row, count) in rows.rows_in(at, end) {
                if let Err(reason) = self.add_ends(row, count, &mut ends) {
                    let errors = &self.context.errors;
                    errors.note(self.range.site, Reason::NoValue(reason), count);
                }
            }
            ends.sort_unstable();
            self.fill(&rows.row(at)[..keep], &ends, &mut made);
            at = end;
        }
        self.context.meter.add(made.len() as u64);
        made
    }

    fn add_ends(&self, row: &[u64], count: isize, ends: &mut Vec<End>) -> Result<(), NoValue> {
        let range = &self.range;
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
            ends.push((phase, first, count));
            ends.push((phase, first + length, -count));
        }
        Ok(())
    }

    /// Gives each value whose count changed.
    fn fill(&self, kept: &[u64], ends: &[End], made: &mut Batch) {
        // Exact, so that it is nothing again after the last end.
        let mut sum = 0;
        for (at, (phase, place, change)) in ends.iter().enumerate() {
            sum += *change as i128;
            let count = sum.clamp(-(COUNT_MAX as i128), COUNT_MAX as i128) as isize;
            if count == 0 {
                continue;
            }
            // The ends of one phase add up to nothing, so that another one follows.
            let (_, next, _) = ends[at + 1];
            for place in *place..next {
                let value = word_at(&self.range, *phase, place);
                made.extend_row(kept.iter().copied().chain([value]), count);
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
