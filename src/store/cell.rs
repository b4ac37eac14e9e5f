//! Values as SQLite has them, so that anybody can read them and they sort as ours do: dates and
//! times as text, a time with all six digits of its second, durations as microseconds.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use serde_json::Value as Json;

use crate::model::{Date, Duration, Float, Timestamp, Type, Value, Zone};

/// A value to be bound.
pub(super) struct Cell<'a>(pub &'a Value);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Bool(value) => ToSqlOutput::Owned(Sql::Integer(i64::from(*value))),
            Value::Int(value) => ToSqlOutput::Owned(Sql::Integer(*value)),
            Value::Float(value) => ToSqlOutput::Owned(Sql::Real(value.get())),
            Value::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Value::Date(value) => ToSqlOutput::Owned(Sql::Text(value.to_string())),
            Value::Time(value) => ToSqlOutput::Owned(Sql::Text(time_text(*value))),
            Value::Duration(value) => ToSqlOutput::Owned(Sql::Integer(value.micros())),
        })
    }
}

/// The storage class of a column.
pub(super) fn storage(ty: Type) -> &'static str {
    match ty {
        Type::Bool | Type::Int | Type::Duration => "INTEGER",
        Type::Float => "REAL",
        Type::Text | Type::Date | Type::Time => "TEXT",
    }
}

/// What a cell of a column of that type holds; `None` where we would never have written that.
pub(super) fn read(cell: ValueRef<'_>, ty: Type) -> Option<Value> {
    match (ty, cell) {
        (Type::Bool, ValueRef::Integer(value @ 0..=1)) => Some(Value::Bool(value == 1)),
        (Type::Int, ValueRef::Integer(value)) => Some(Value::Int(value)),
        (Type::Float, ValueRef::Real(value)) => Float::new(value).map(Value::Float),
        (Type::Text, ValueRef::Text(value)) => std::str::from_utf8(value).ok().map(Value::text),
        (Type::Date, ValueRef::Text(value)) => {
            std::str::from_utf8(value).ok().and_then(Date::parse).map(Value::Date)
        }
        (Type::Time, ValueRef::Text(value)) => {
            std::str::from_utf8(value).ok().and_then(read_time).map(Value::Time)
        }
        (Type::Duration, ValueRef::Integer(value)) => {
            Some(Value::Duration(Duration::from_micros(value)))
        }
        _ => None,
    }
}

/// As [`Cell`] has it, but for truth values, which JSON has itself.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(value.get()),
        Value::Text(value) => Json::from(&**value),
        Value::Date(value) => Json::from(value.to_string()),
        Value::Time(value) => Json::from(time_text(*value)),
        Value::Duration(value) => Json::from(value.micros()),
    }
}

/// The inverse of [`to_json`].
pub(super) fn from_json(json: &Json, ty: Type) -> Option<Value> {
    match ty {
        Type::Bool => json.as_bool().map(Value::Bool),
        Type::Int => json.as_i64().map(Value::Int),
        Type::Float => json.as_f64().and_then(Float::new).map(Value::Float),
        Type::Text => json.as_str().map(Value::text),
        Type::Date => json.as_str().and_then(Date::parse).map(Value::Date),
        Type::Time => json.as_str().and_then(read_time).map(Value::Time),
        Type::Duration => {
            json.as_i64().map(|micros| Value::Duration(Duration::from_micros(micros)))
        }
    }
}

/// RFC 3339 in UTC, always of one width: the order of the texts is that of the times.
pub(super) fn time_text(time: Timestamp) -> String {
    let date = time.date(&Zone::UTC);
    let micros = time.micros().rem_euclid(MICROS_PER_DAY);
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{date}T{hours:02}:{minutes:02}:{seconds:02}.{micros:06}Z")
}

/// Reads what [`time_text`] writes, and nothing else.
pub(super) fn read_time(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let is_framed = bytes.len() == 27
        && [(10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')]
            .iter()
            .all(|(at, mark)| bytes[*at] == *mark);
    if !is_framed {
        return None;
    }
    let number = |from: usize, to: usize, limit: i64| {
        let digits = &bytes[from..to];
        let value = digits.iter().try_fold(0, |value, digit| {
            digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
        })?;
        (value < limit).then_some(value)
    };
    let date = Date::parse(text.get(..10)?)?;
    let seconds = number(11, 13, 24)? * 3600 + number(14, 16, 60)? * 60 + number(17, 19, 60)?;
    let micros = seconds * 1_000_000 + number(20, 26, 1_000_000)?;
    Timestamp::from_micros(i64::from(date.days()) * MICROS_PER_DAY + micros)
}

const MICROS_PER_DAY: i64 = 86_400_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_one_width_sort_and_read_back() {
        let micros = [-62_135_596_800_000_000, -1, 0, 1, 1_774_425_600_000_001];
        let times = micros.map(|micros| Timestamp::from_micros(micros).expect("in range"));
        let texts = times.map(time_text);
        assert_eq!(texts[1], "1969-12-31T23:59:59.999999Z");
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 27), "{texts:?}");
        for (time, text) in times.iter().zip(&texts) {
            assert_eq!(read_time(text), Some(*time));
        }
        let last = time_text(Timestamp::MAX);
        assert_eq!(read_time(&last), Some(Timestamp::MAX));
    }

    #[test]
    fn nothing_else_is_a_time() {
        for text in [
            "",
            "2026-03-25T08:00Z",
            "2026-03-25T24:00:00.000000Z",
            "2026-03-25T08:60:00.000000Z",
            "2026-02-30T08:00:00.000000Z",
            "2026-03-25 08:00:00.000000Z",
            "2026-03-25T08:00:00.0000x0Z",
            "9999-12-31T23:00:00.000000Z",
            "äöü6-03-25T08:00:00.00000Z",
        ] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }
}
