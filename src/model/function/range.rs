//! The values of `x in a..b`, walked or asked about. The nth value is always the start plus n
//! steps, so that a monthly range from the 31st comes back to the 31st.

use serde::{Deserialize, Serialize};

use crate::model::{CalendarSpan, Date, Duration, NoValue, Timestamp, Value};

/// The distance between the values of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RangeStep {
    /// For ints; positive.
    Int(i64),
    /// For dates; neither negative nor empty. The nth value is the start plus n times the span.
    Calendar(CalendarSpan),
    /// For times; positive.
    Exact(Duration),
}

/// The longest range that has values.
const RANGE_LENGTH_MAX: i128 = 10_000_000;

/// The values from `from` to `to`, in order; none where `from` is past `to`.
///
/// # Errors
/// [`NoValue::RangeTooLong`] where there would be more than 10 million.
///
/// # Panics
/// If the ends and the step do not belong together, or the step is not positive.
pub fn range_values(
    from: &Value,
    to: &Value,
    inclusive: bool,
    step: RangeStep,
) -> Result<RangeValues, NoValue> {
    let walk = Walk::new(from, to, inclusive, step)?;
    Ok(RangeValues { walk, next: 0 })
}

/// Whether the value is one of [`range_values`].
///
/// # Errors
/// As [`range_values`]: a range without values does not hold any, nor is it without them.
///
/// # Panics
/// As [`range_values`].
pub fn range_contains(
    value: &Value,
    from: &Value,
    to: &Value,
    inclusive: bool,
    step: RangeStep,
) -> Result<bool, NoValue> {
    Ok(Walk::new(from, to, inclusive, step)?.contains(value))
}

/// The values of a range, in order.
#[derive(Clone, Debug)]
pub struct RangeValues {
    walk: Walk,
    next: i64,
}

impl Iterator for RangeValues {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        let value = self.walk.nth(self.next)?;
        self.next += 1;
        Some(value)
    }
}

/// A range of some type, its end made inclusive.
#[derive(Clone, Debug)]
enum Walk {
    Empty,
    /// From, to, step.
    Int(i64, i64, i64),
    Date(Date, Date, CalendarSpan),
    Time(i64, i64, i64),
}

impl Walk {
    fn new(from: &Value, to: &Value, inclusive: bool, step: RangeStep) -> Result<Walk, NoValue> {
        if from > to || (from == to && !inclusive) {
            return Ok(Walk::Empty);
        }
        // Not empty, so the value before the end exists where the end is left out.
        let cut = i64::from(!inclusive);
        let walk = match (from, to, step) {
            (Value::Int(from), Value::Int(to), RangeStep::Int(step)) => {
                assert!(step > 0, "step {step} is not positive");
                Walk::Int(*from, to - cut, step)
            }
            (Value::Date(from), Value::Date(to), RangeStep::Calendar(span)) => {
                let positive =
                    span.months >= 0 && span.days >= 0 && span != CalendarSpan::default();
                assert!(positive, "step {span:?} is not positive");
                let to = Date::from_days(i64::from(to.days()) - cut);
                Walk::Date(*from, to.expect("not before the start"), span)
            }
            (Value::Time(from), Value::Time(to), RangeStep::Exact(step)) => {
                assert!(step > Duration::ZERO, "step {step} is not positive");
                Walk::Time(from.micros(), to.micros() - cut, step.micros())
            }
            _ => panic!("{from:?} to {to:?} has no step {step:?}"),
        };
        match walk {
            // All dates together are fewer than the limit.
            Walk::Empty | Walk::Date(..) => Ok(walk),
            Walk::Int(from, to, step) | Walk::Time(from, to, step) => {
                let length = (i128::from(to) - i128::from(from)) / i128::from(step) + 1;
                if length > RANGE_LENGTH_MAX { Err(NoValue::RangeTooLong) } else { Ok(walk) }
            }
        }
    }

    fn nth(&self, n: i64) -> Option<Value> {
        match self {
            Walk::Empty => None,
            Walk::Int(from, to, step) => nth_int(*from, *to, *step, n).map(Value::Int),
            Walk::Date(from, to, span) => {
                nth_date(*from, *span, n).filter(|date| date <= to).map(Value::Date)
            }
            Walk::Time(from, to, step) => {
                let micros = nth_int(*from, *to, *step, n)?;
                Timestamp::from_micros(micros).map(Value::Time)
            }
        }
    }

    fn contains(&self, value: &Value) -> bool {
        match (self, value) {
            (Walk::Empty, _) => false,
            (Walk::Int(from, to, step), Value::Int(value)) => has_int(*from, *to, *step, *value),
            (Walk::Time(from, to, step), Value::Time(value)) => {
                has_int(*from, *to, *step, value.micros())
            }
            (Walk::Date(from, to, span), Value::Date(value)) => {
                from <= value && value <= to && has_date(*from, *span, *value)
            }
            _ => panic!("{value:?} is not of the type of {self:?}"),
        }
    }
}

fn nth_int(from: i64, to: i64, step: i64, n: i64) -> Option<i64> {
    step.checked_mul(n)?.checked_add(from).filter(|value| *value <= to)
}

fn has_int(from: i64, to: i64, step: i64, value: i64) -> bool {
    let distance = i128::from(value) - i128::from(from);
    from <= value && value <= to && distance % i128::from(step) == 0
}

fn nth_date(from: Date, span: CalendarSpan, n: i64) -> Option<Date> {
    let times = |part: i32| i64::from(part).checked_mul(n).and_then(|part| part.try_into().ok());
    from.checked_add(CalendarSpan { months: times(span.months)?, days: times(span.days)? })
}

/// Whether `value`, which is not before `from`, is some nth date.
fn has_date(from: Date, span: CalendarSpan, value: Date) -> bool {
    let distance = i64::from(value.days()) - i64::from(from.days());
    if span.months == 0 {
        return distance % i64::from(span.days) == 0;
    }
    // Dates rise with n, and a step is 28 days at least.
    let (mut low, mut high) = (0, distance / 28);
    while low < high {
        let middle = i64::midpoint(low, high);
        match nth_date(from, span, middle) {
            Some(date) if date < value => low = middle + 1,
            _ => high = middle,
        }
    }
    nth_date(from, span, low) == Some(value)
}
