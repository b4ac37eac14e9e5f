//! Arithmetic that has no value rather than a wrong one.

use crate::model::{Duration, Float, NoValue, Value};

type Outcome = Result<Value, NoValue>;

pub(super) fn add(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_add(*b)),
        (Value::Float(a), Value::Float(b)) => float(a.get() + b.get()),
        (Value::Duration(a), Value::Duration(b)) => duration(a.micros().checked_add(b.micros())),
        _ => refuse("add", left, right),
    }
}

pub(super) fn subtract(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_sub(*b)),
        (Value::Float(a), Value::Float(b)) => float(a.get() - b.get()),
        (Value::Duration(a), Value::Duration(b)) => duration(a.micros().checked_sub(b.micros())),
        _ => refuse("subtract", left, right),
    }
}

pub(super) fn multiply(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_mul(*b)),
        (Value::Float(a), Value::Float(b)) => float(a.get() * b.get()),
        (Value::Duration(a), Value::Int(b)) | (Value::Int(b), Value::Duration(a)) => {
            duration(a.micros().checked_mul(*b))
        }
        _ => refuse("multiply", left, right),
    }
}

pub(super) fn divide(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Int(_) | Value::Duration(_), Value::Int(0)) => Err(NoValue::DivisionByZero),
        (Value::Int(a), Value::Int(b)) => int(a.checked_div(*b)),
        (Value::Duration(a), Value::Int(b)) => duration(a.micros().checked_div(*b)),
        (Value::Float(_), Value::Float(b)) if b.get() == 0.0 => Err(NoValue::DivisionByZero),
        (Value::Float(a), Value::Float(b)) => float(a.get() / b.get()),
        _ => refuse("divide", left, right),
    }
}

pub(super) fn remainder(left: &Value, right: &Value) -> Outcome {
    // The remainder by -1 is 0, also of the one int whose quotient overflows.
    match (left, right) {
        (Value::Int(_), Value::Int(0)) => Err(NoValue::DivisionByZero),
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(a.wrapping_rem(*b))),
        (Value::Duration(_), Value::Duration(Duration::ZERO)) => Err(NoValue::DivisionByZero),
        (Value::Duration(a), Value::Duration(b)) => {
            duration(Some(a.micros().wrapping_rem(b.micros())))
        }
        (Value::Float(_), Value::Float(b)) if b.get() == 0.0 => Err(NoValue::DivisionByZero),
        (Value::Float(a), Value::Float(b)) => float(a.get() % b.get()),
        _ => refuse("take the remainder of", left, right),
    }
}

pub(super) fn negate(value: &Value) -> Outcome {
    match value {
        Value::Int(a) => int(a.checked_neg()),
        Value::Float(a) => float(-a.get()),
        Value::Duration(a) => duration(a.micros().checked_neg()),
        _ => panic!("cannot negate {value:?}"),
    }
}

pub(super) fn absolute(value: &Value) -> Outcome {
    match value {
        Value::Int(a) => int(a.checked_abs()),
        Value::Float(a) => float(a.get().abs()),
        Value::Duration(a) => duration(a.micros().checked_abs()),
        _ => panic!("{value:?} has no absolute value"),
    }
}

/// A float is cut towards zero; text is read as an int literal with an optional sign.
pub(super) fn to_int(value: &Value) -> Outcome {
    match value {
        Value::Bool(value) => Ok(Value::Int(i64::from(*value))),
        Value::Int(value) => Ok(Value::Int(*value)),
        Value::Float(value) => whole_to_int(value.get().trunc()),
        Value::Text(text) => {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            text.trim().parse().map(Value::Int).map_err(
                |error: std::num::ParseIntError| match error.kind() {
                    PosOverflow | NegOverflow => NoValue::Overflow,
                    _ => NoValue::NotANumber,
                },
            )
        }
        _ => panic!("{value:?} does not convert to an int"),
    }
}

/// An int is rounded to the nearest float; text is read as a decimal number.
pub(super) fn to_float(value: &Value) -> Outcome {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "int to float rounds, as everywhere")]
        Value::Int(value) => float(*value as f64),
        Value::Float(value) => Ok(Value::Float(*value)),
        Value::Text(text) => {
            let text = text.trim();
            // The machine also reads words (`nan`, `infinity`), which are no numbers here.
            let numeric =
                |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
            if !text.bytes().all(numeric) {
                return Err(NoValue::NotANumber);
            }
            text.parse().map_err(|_| NoValue::NotANumber).and_then(float)
        }
        _ => panic!("{value:?} does not convert to a float"),
    }
}

/// The int of a float without a fraction.
pub(super) fn whole_to_int(whole: f64) -> Outcome {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within the limits")]
    int((-LIMIT..LIMIT).contains(&whole).then_some(whole as i64))
}

fn int(value: Option<i64>) -> Outcome {
    value.map(Value::Int).ok_or(NoValue::Overflow)
}

fn float(value: f64) -> Outcome {
    Float::new(value).map(Value::Float).ok_or(NoValue::Overflow)
}

fn duration(micros: Option<i64>) -> Outcome {
    micros.map(|micros| Value::Duration(Duration::from_micros(micros))).ok_or(NoValue::Overflow)
}

fn refuse(what: &str, left: &Value, right: &Value) -> ! {
    panic!("cannot {what} {left:?} and {right:?}")
}
