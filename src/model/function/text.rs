//! Functions of text. A text that stays as it was is shared, not copied.

use std::sync::Arc;

use crate::model::{NoValue, Value};

/// The longest text that an expression may make, in bytes: a rule that doubles a text in each
/// round of its recursion must not eat the machine.
const TEXT_LENGTH_BYTES_MAX: usize = 16 << 20;

type Outcome = Result<Value, NoValue>;

pub(super) fn concat(left: &Arc<str>, right: &Arc<str>) -> Outcome {
    if right.is_empty() {
        return Ok(Value::Text(Arc::clone(left)));
    }
    if left.is_empty() {
        return Ok(Value::Text(Arc::clone(right)));
    }
    if left.len() + right.len() > TEXT_LENGTH_BYTES_MAX {
        return Err(NoValue::TextTooLong);
    }
    Ok(Value::text([&**left, &**right].concat()))
}

/// In characters (Unicode scalar values).
pub(super) fn length(text: &str) -> i64 {
    let characters = if text.is_ascii() { text.len() } else { text.chars().count() };
    i64::try_from(characters).expect("memory is smaller")
}

pub(super) fn keep_if_same(before: &Arc<str>, after: &str) -> Value {
    if **before == *after { Value::Text(Arc::clone(before)) } else { Value::text(after) }
}

/// Every `old`, from left to right; where `old` is empty nothing is replaced, as in SQL.
pub(super) fn replace(text: &Arc<str>, old: &str, new: &str) -> Outcome {
    if old.is_empty() || !text.contains(old) {
        return Ok(Value::Text(Arc::clone(text)));
    }
    if new.len() > old.len() {
        let grown = text.matches(old).count().saturating_mul(new.len() - old.len());
        if text.len().saturating_add(grown) > TEXT_LENGTH_BYTES_MAX {
            return Err(NoValue::TextTooLong);
        }
    }
    Ok(Value::text(text.replace(old, new)))
}

/// The part of that number, counted from 0. An empty separator leaves the text in one part.
pub(super) fn split(text: &Arc<str>, separator: &str, part: i64) -> Outcome {
    let part = usize::try_from(part).map_err(|_| NoValue::NoSuchPart)?;
    let found = if separator.is_empty() {
        (part == 0).then_some(&**text)
    } else {
        text.split(separator).nth(part)
    };
    found.map(|found| keep_if_same(text, found)).ok_or(NoValue::NoSuchPart)
}

/// As a literal, but text as it is.
pub(super) fn to_text(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(Arc::clone(text)),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Duration(_) => Value::text(value.to_string()),
    }
}
