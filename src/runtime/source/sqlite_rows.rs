//! Rows of a query to a file of SQLite, whose values have types and whose columns have none.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle};

use super::sql::{Rows, null, places, too_long};
use crate::feed::parse_cell;
use crate::model::{Float, Relation, Row, Type, Value};
use crate::runtime::sql::open_to_read;

/// Asks, and reads the answer to its end; dropped or too long, it is interrupted.
pub(super) async fn read(
    path: PathBuf,
    query: String,
    relation: Relation,
    limit: Duration,
) -> Rows {
    let opened = tokio::task::spawn_blocking(move || open_to_read(&path)).await;
    let connection =
        opened.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let interrupt = Interrupt(connection.get_interrupt_handle());
    let work = tokio::task::spawn_blocking(move || ask(&connection, &query, &relation));
    let rows = tokio::time::timeout(limit, work).await;
    drop(interrupt);
    rows.map_err(|_| too_long(limit))?.map_err(|error| error.to_string())?
}

/// Ends what goes on when it is dropped.
struct Interrupt(InterruptHandle);

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.interrupt();
    }
}

fn ask(connection: &Connection, query: &str, relation: &Relation) -> Rows {
    let say = |error: rusqlite::Error| error.to_string();
    let mut statement = connection.prepare(query).map_err(say)?;
    if !statement.readonly() {
        return Err("the statement of a source only reads".to_string());
    }
    let names: Vec<String> = statement.column_names().map(str::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let places = places("query", &names, relation)?;
    let mut given = statement.query([]).map_err(say)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(row) = given.next().map_err(say)? {
        let number = rows.len() + 1;
        let mut read = Vec::with_capacity(places.len());
        for (column, place) in relation.columns.iter().zip(&places) {
            let name = &column.name;
            let value = match row.get_ref(*place).map_err(say)? {
                ValueRef::Null => return Err(null(name, number)),
                found => value(found, column.ty),
            };
            read.push(value.map_err(|why| format!("row {number}: column \"{name}\": {why}"))?);
        }
        rows.push(read);
    }
    Ok(rows)
}

fn value(found: ValueRef<'_>, wanted: Type) -> Result<Value, String> {
    let value = match (wanted, found) {
        (Type::Int, ValueRef::Integer(number)) => Some(Value::Int(number)),
        (Type::Bool, ValueRef::Integer(0)) => Some(Value::Bool(false)),
        (Type::Bool, ValueRef::Integer(1)) => Some(Value::Bool(true)),
        #[expect(clippy::cast_precision_loss, reason = "as SQLite itself makes it a REAL")]
        (Type::Float, ValueRef::Integer(number)) => Float::new(number as f64).map(Value::Float),
        (Type::Float, ValueRef::Real(number)) => Float::new(number).map(Value::Float),
        (_, ValueRef::Text(bytes)) => return text(bytes, wanted),
        _ => None,
    };
    value.ok_or_else(|| format!("{} is not {wanted}", describe(found)))
}

/// A text as one of our types, where SQLite has none.
fn text(bytes: &[u8], wanted: Type) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "a text that is not UTF-8".to_string())?;
    let cell = match wanted {
        Type::Time => time(text),
        Type::Text | Type::Date | Type::Duration => text.to_string(),
        Type::Bool | Type::Int | Type::Float => {
            return Err(format!("{} is not {wanted}", Value::text(text)));
        }
    };
    parse_cell(&cell, wanted).map_err(|mistake| mistake.to_string())
}

/// `2026-03-25 08:00:00`, as SQLite's own functions write a moment of UTC, as RFC 3339 has it.
fn time(text: &str) -> String {
    let is_own = text.len() >= 16
        && text.as_bytes().get(10) == Some(&b' ')
        && text[10..].bytes().all(|byte| matches!(byte, b' ' | b':' | b'.' | b'0'..=b'9'));
    if is_own { format!("{}Z", text.replacen(' ', "T", 1)) } else { text.to_string() }
}

fn describe(found: ValueRef<'_>) -> String {
    match found {
        ValueRef::Null => "NULL".to_string(),
        ValueRef::Integer(number) => format!("the integer {number}"),
        ValueRef::Real(number) => format!("the number {number}"),
        ValueRef::Text(_) => "a text".to_string(),
        ValueRef::Blob(_) => "a blob".to_string(),
    }
}
