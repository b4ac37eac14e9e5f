//! Values of instances as they stand in words, statements and requests.

use jiff::fmt::strtime;
use serde_json::{Map, Value as Json};

use crate::feed::json_value;
use crate::model::{Column, Row, Value};

/// A value as it stands in a word: text as it is, dates and times as the language writes them.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Duration(_) => value.to_string(),
    }
}

/// A date or a time in a format of strftime.
///
/// # Errors
/// Why it cannot be written so.
pub(super) fn formatted(value: &Value, format: &str) -> Result<String, String> {
    let written = match value {
        Value::Date(date) => strtime::format(format, date.civil()),
        Value::Time(time) => {
            let instant = jiff::Timestamp::from_microsecond(time.micros())
                .expect("the calendar has all of our instants");
            strtime::format(format, &instant.to_zoned(jiff::tz::TimeZone::UTC))
        }
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Duration(_) => {
            unreachable!("the checker lets only dates and times have a format")
        }
    };
    written.map_err(|error| format!("cannot be written as {format}: {error}"))
}

/// The value that all instances have in one place, if they have the same.
pub(super) fn shared(instances: &[Row], place: usize) -> Option<&Value> {
    let (first, others) = instances.split_first().expect("a run has an instance");
    others.iter().all(|other| other[place] == first[place]).then(|| &first[place])
}

/// An instance's parameters by their names.
pub(super) fn json_object(parameters: &[Column], instance: &Row) -> Json {
    let cells = parameters.iter().zip(instance);
    let object: Map<String, Json> =
        cells.map(|(column, value)| (column.name.clone(), json_value(value))).collect();
    Json::Object(object)
}
