//! Values from small domains, so that joins meet, with a few that make arithmetic fail.

use fastrand::Rng;
use owed::model::{Date, Duration, Float, Timestamp, Type, Value};

/// 2026-03-28, the day before the clocks change in Europe.
const FIRST_DAY: i64 = 20_540;
const HOUR_MICROS: i64 = 3_600_000_000;

/// Where the driven clock starts.
pub fn first_moment(random: &mut Rng) -> Timestamp {
    moment(FIRST_DAY * 24 + random.i64(0..24))
}

/// A value of the type.
pub fn value(random: &mut Rng, ty: Type) -> Value {
    match ty {
        Type::Bool => Value::Bool(random.bool()),
        Type::Int => Value::Int(int(random)),
        Type::Float => {
            const FLOATS: [f64; 9] = [0.0, 0.1, 0.2, 0.3, -0.5, 2.0, 3.75, 1e16, 1.5e308];
            let kinds = if random.u8(..) < 16 { 9 } else { 8 };
            let value = FLOATS[random.usize(..kinds)];
            Value::Float(Float::new(value).expect("finite"))
        }
        Type::Text => Value::text(*choose(random, &["a", "b", "c", "d", "a-b", "É1", "12", ""])),
        Type::Date => Value::Date(date(random)),
        Type::Time => Value::Time(moment(FIRST_DAY * 24 + random.i64(-24..120))),
        Type::Duration => {
            let hours = *choose(random, &[0, 1, 1, 2, 6, 24, 36, -1]);
            Value::Duration(Duration::from_micros(hours * HOUR_MICROS / 2))
        }
    }
}

/// The value as a rules file writes it.
pub fn literal(random: &mut Rng, ty: Type) -> String {
    value(random, ty).to_string()
}

/// One of the items.
pub fn choose<'a, T>(random: &mut Rng, items: &'a [T]) -> &'a T {
    &items[random.usize(..items.len())]
}

/// True so many times in a hundred.
pub fn chance(random: &mut Rng, percent: u8) -> bool {
    random.u8(..100) < percent
}

fn int(random: &mut Rng) -> i64 {
    match random.u8(..) {
        0..4 => i64::MAX,
        4..8 => -i64::MAX,
        8..32 => random.i64(-3..0),
        _ => random.i64(0..6),
    }
}

fn date(random: &mut Rng) -> Date {
    match random.u8(..) {
        0..3 if random.bool() => Date::MAX,
        0..3 => Date::MIN,
        _ => near_date(random),
    }
}

/// A date near those that the clock moves over.
pub fn near_date(random: &mut Rng) -> Date {
    Date::from_days(FIRST_DAY + random.i64(-4..5)).expect("in range")
}

fn moment(hours: i64) -> Timestamp {
    Timestamp::from_micros(hours * HOUR_MICROS).expect("in range")
}
