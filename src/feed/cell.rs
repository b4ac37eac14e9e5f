//! One value out of JSON, or out of a table's cell, of the type that its column has.

use serde_json::Value as Json;

use super::{Mistake, literal};
use crate::model::{Date, Float, Timestamp, Type, Value};

/// A JSON value as one of that type: dates, times and durations are strings.
pub(super) fn from_json(json: &Json, ty: Type) -> Result<Value, Mistake> {
    let value = match (ty, json) {
        (Type::Bool, Json::Bool(value)) => Some(Value::Bool(*value)),
        (Type::Int, Json::Number(number)) => number.as_i64().map(Value::Int),
        (Type::Float, Json::Number(number)) => {
            number.as_f64().and_then(Float::new).map(Value::Float)
        }
        (Type::Text, Json::String(text)) => Some(Value::text(text.as_str())),
        (Type::Date | Type::Time | Type::Duration, Json::String(text)) => from_text(text, ty),
        _ => None,
    };
    value.ok_or_else(|| match (ty, json) {
        (Type::Time, Json::String(text)) => Mistake::not_a_time(shortened(&json.to_string()), text),
        (Type::Text | Type::Date | Type::Time | Type::Duration, Json::Number(_)) => {
            Mistake::wrong_type(format!("the number {json}"), ty)
        }
        _ => Mistake::wrong_type(shortened(&json.to_string()), ty),
    })
}

/// A JSON string as a moment.
pub(super) fn moment(json: &Json) -> Result<Timestamp, Mistake> {
    let shown = || shortened(&json.to_string());
    match json {
        Json::String(text) => {
            Timestamp::parse(text).map_err(|_| Mistake::not_a_time(shown(), text))
        }
        _ => Err(Mistake::wrong_type(shown(), Type::Time)),
    }
}

/// A table's cell as a value of that type; text is as it stands.
///
/// # Errors
/// If it is none.
pub fn from_cell(cell: &str, ty: Type) -> Result<Value, Mistake> {
    let shown = || shortened(&Value::text(cell).to_string());
    from_text(cell, ty).ok_or_else(|| match ty {
        _ if cell.is_empty() => Mistake::wrong_type("nothing", ty),
        Type::Time => Mistake::not_a_time(shown(), cell),
        _ => Mistake::wrong_type(shown(), ty),
    })
}

fn from_text(text: &str, ty: Type) -> Option<Value> {
    match ty {
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Float => text.parse().ok().and_then(Float::new).map(Value::Float),
        Type::Text => Some(Value::text(text)),
        Type::Date => Date::parse(text).map(Value::Date),
        Type::Time => Timestamp::parse(text).ok().map(Value::Time),
        Type::Duration => literal::duration(text).map(Value::Duration),
    }
}

/// What a message shows of a value, which may be of any length.
pub fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

const SHOWN_CHARS_MAX: usize = 60;
