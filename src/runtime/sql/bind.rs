//! Values as parameters of statements.

use std::error::Error;

use bytes::BytesMut;
use rusqlite::types::Value as Lite;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};

use crate::model::{Duration, Value};
use crate::runtime::values::plain;

/// What a parameter is declared as to PostgreSQL. Texts are not: the server takes them for what
/// stands in their place, as it does with texts in quotes.
pub(super) fn postgres_type(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::BOOL,
        Value::Int(_) => Type::INT8,
        Value::Float(_) => Type::FLOAT8,
        Value::Text(_) => Type::UNKNOWN,
        Value::Date(_) => Type::DATE,
        Value::Time(_) => Type::TIMESTAMPTZ,
        Value::Duration(_) => Type::INTERVAL,
    }
}

/// A value as PostgreSQL reads it: in words, whatever type the server wants it to be.
#[derive(Debug)]
pub(super) struct Bound(String);

impl Bound {
    pub fn new(value: &Value) -> Bound {
        Bound(match value {
            Value::Duration(duration) => interval(*duration),
            other => plain(other),
        })
    }
}

fn interval(duration: Duration) -> String {
    format!("{} microseconds", duration.micros())
}

impl ToSql for Bound {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

/// A value as SQLite keeps it: what it has no type for is a text, as the language writes it.
pub(super) fn sqlite_value(value: &Value) -> Lite {
    match value {
        Value::Bool(value) => Lite::Integer(i64::from(*value)),
        Value::Int(value) => Lite::Integer(*value),
        Value::Float(value) => Lite::Real(value.get()),
        Value::Text(_) | Value::Date(_) | Value::Time(_) | Value::Duration(_) => {
            Lite::Text(plain(value))
        }
    }
}
