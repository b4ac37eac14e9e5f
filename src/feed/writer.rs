//! Changes as lines, in either form: what one engine writes, another reads.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use crate::model::{Delta, Relation, Revision, Schema, Value};

/// The form of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `+campaign("1001")`
    Text,
    /// `{"insert":"campaign","row":{"id":"1001"},"tx":7}`
    Json,
}

/// Writes one transaction's net changes: nothing if there are none, a line if there is one,
/// else all between `begin` and `commit`. What a relation loses comes before what it gains,
/// so that keyed relations read it back as it was.
///
/// # Errors
/// What writing gives.
pub fn write_delta(
    out: &mut impl Write,
    delta: &Delta,
    schema: &Schema,
    format: Format,
) -> io::Result<()> {
    let changes = delta.relations.iter().map(|one| one.inserted.len() + one.deleted.len());
    let is_several = changes.sum::<usize>() > 1;
    if is_several {
        write_mark(out, Mark::Begin, delta.revision, format)?;
    }
    write_changes(out, delta, schema, format)?;
    if is_several {
        write_mark(out, Mark::Commit, delta.revision, format)?;
    }
    Ok(())
}

/// Writes the same lines without `begin` and `commit` around them.
///
/// # Errors
/// What writing gives.
pub fn write_changes(
    out: &mut impl Write,
    delta: &Delta,
    schema: &Schema,
    format: Format,
) -> io::Result<()> {
    for one in &delta.relations {
        let relation = schema.relation(one.relation);
        for row in &one.deleted {
            write_fact(out, Sign::Delete, relation, row, delta.revision, format)?;
        }
        for row in &one.inserted {
            write_fact(out, Sign::Insert, relation, row, delta.revision, format)?;
        }
    }
    Ok(())
}

/// Writes an `echo` line.
///
/// # Errors
/// What writing gives.
pub fn write_echo(out: &mut impl Write, token: &str, format: Format) -> io::Result<()> {
    match format {
        Format::Text => writeln!(out, "echo {}", Value::text(token)),
        Format::Json => writeln!(out, "{}", serde_json::json!({ "echo": token })),
    }
}

/// Whether a fact comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Insert,
    Delete,
}

/// Writes one fact's line.
///
/// # Errors
/// What writing gives.
pub fn write_fact(
    out: &mut impl Write,
    sign: Sign,
    relation: &Relation,
    row: &[Value],
    revision: Revision,
    format: Format,
) -> io::Result<()> {
    match format {
        Format::Text => {
            out.write_all(match sign {
                Sign::Insert => b"+",
                Sign::Delete => b"-",
            })?;
            write!(out, "{}(", relation.name)?;
            for (at, value) in row.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                write!(out, "{comma}{value}")?;
            }
            out.write_all(b")\n")
        }
        Format::Json => {
            let verb = match sign {
                Sign::Insert => "insert",
                Sign::Delete => "delete",
            };
            let line = serde_json::json!({
                verb: relation.name, "row": json_row(relation, row), "tx": revision.0
            });
            writeln!(out, "{line}")
        }
    }
}

/// A row as an object, columns by name.
pub fn json_row(relation: &Relation, row: &[Value]) -> Json {
    let cells = relation.columns.iter().zip(row);
    Json::Object(
        cells
            .map(|(column, value)| (column.name.clone(), json_value(value)))
            .collect::<Map<_, _>>(),
    )
}

/// A value as JSON has it: dates, times and durations are strings.
pub fn json_value(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(value.get()),
        Value::Text(value) => Json::from(&**value),
        Value::Date(_) | Value::Time(_) | Value::Duration(_) => Json::from(value.to_string()),
    }
}

#[derive(Clone, Copy)]
enum Mark {
    Begin,
    Commit,
}

fn write_mark(
    out: &mut impl Write,
    mark: Mark,
    revision: Revision,
    format: Format,
) -> io::Result<()> {
    let word = match mark {
        Mark::Begin => "begin",
        Mark::Commit => "commit",
    };
    match format {
        Format::Text => writeln!(out, "{word}"),
        Format::Json => writeln!(out, "{}", serde_json::json!({ word: true, "tx": revision.0 })),
    }
}
