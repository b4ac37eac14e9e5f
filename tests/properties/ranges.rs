//! A range holds exactly the values that it walks.

use std::collections::BTreeSet;

use fastrand::Rng;
use owed::model::{
    CalendarSpan, Date, Duration, NoValue, RangeStep, Timestamp, Value, range_contains,
    range_values,
};

/// Walks a random short range, and asks it about every value near it.
pub fn check_range(random: &mut Rng) {
    let (from, to) = (random.i64(-40..40), random.i64(-40..120));
    let inclusive = random.bool();
    let step = random.i64(1..9);
    let (make, step): (fn(i64) -> Value, RangeStep) = match random.u8(..3) {
        0 => (Value::Int, RangeStep::Int(step)),
        1 => (time, RangeStep::Exact(Duration::from_micros(step))),
        _ => (date, RangeStep::Calendar(span(random))),
    };
    let (first, last) = (make(from), make(to));
    let walked: Vec<Value> = range_values(&first, &last, inclusive, step).expect("short").collect();
    assert!(walked.windows(2).all(|pair| pair[0] < pair[1]), "{first} {last} {step:?}");
    let starts = from < to || (from == to && inclusive);
    assert_eq!(walked.first(), starts.then_some(&first), "{first} {last} {step:?}");
    let walked: BTreeSet<Value> = walked.into_iter().collect();
    for near in -50..130 {
        let value = make(near);
        let holds = range_contains(&value, &first, &last, inclusive, step);
        assert_eq!(holds, Ok(walked.contains(&value)), "{value} in {first} {last} {step:?}");
    }
}

/// The ends of what there is, and ranges that are too long.
pub fn check_extremes() {
    let int = |from, to, inclusive| {
        let values = range_values(&Value::Int(from), &Value::Int(to), inclusive, RangeStep::Int(1));
        values.map(Iterator::count)
    };
    assert_eq!(int(i64::MAX - 2, i64::MAX, true), Ok(3));
    assert_eq!(int(i64::MIN, i64::MIN + 2, false), Ok(2));
    assert_eq!(int(i64::MIN, i64::MAX, true), Err(NoValue::RangeTooLong));
    assert_eq!(int(i64::MAX, i64::MIN, true), Ok(0));
    assert_eq!(int(0, 10_000_000, true), Err(NoValue::RangeTooLong));
    assert_eq!(int(0, 10_000_000, false), Ok(10_000_000));
    let all = |span| {
        let (from, to) = (Value::Date(Date::MIN), Value::Date(Date::MAX));
        range_values(&from, &to, true, RangeStep::Calendar(span)).expect("short").count()
    };
    assert_eq!(all(CalendarSpan { months: 0, days: 1 }), 3_652_425);
    assert_eq!(all(CalendarSpan { months: 1, days: 0 }), 120_000);
    assert_eq!(all(CalendarSpan { months: i32::MAX, days: i32::MAX }), 1);
}

fn span(random: &mut Rng) -> CalendarSpan {
    match random.u8(..3) {
        0 => CalendarSpan { months: 0, days: random.i32(1..9) },
        1 => CalendarSpan { months: random.i32(1..3), days: 0 },
        _ => CalendarSpan { months: random.i32(0..2), days: random.i32(1..5) },
    }
}

fn date(at: i64) -> Value {
    // Around the end of a January, where months clip.
    Value::Date(Date::from_days(20_484 + at).expect("in range"))
}

fn time(at: i64) -> Value {
    Value::Time(Timestamp::from_micros(at).expect("in range"))
}
