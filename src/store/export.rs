//! Facts as files that a source can read: a file a relation, as csv with a header or as JSON
//! lines.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Map, Value as Json};

use super::catalog::Catalog;
use super::error::StoreError;
use super::facts::{NamedFacts, columns_and_rows};
use super::reader::{ExportFormat, Exported};
use crate::model::Value;

pub(super) fn export(
    connection: &Connection,
    catalog: &Catalog,
    folder: &Path,
    format: ExportFormat,
) -> Result<Vec<Exported>, StoreError> {
    fs::create_dir_all(folder).map_err(|error| StoreError::of_output(folder, &error))?;
    let mut exported = Vec::new();
    for table in &catalog.tables {
        let facts = columns_and_rows(connection, table)?;
        let (relation, rows) = (facts.relation.clone(), facts.rows.len());
        if facts.columns.is_empty() && format == ExportFormat::Csv {
            exported.push(Exported { relation, rows, file: None });
            continue;
        }
        let ending = match format {
            ExportFormat::Csv => "csv",
            ExportFormat::Jsonl => "jsonl",
        };
        // Tables' names differ also where small and capital letters are the same.
        let path = folder.join(format!("{}.{ending}", table.name));
        let written = File::create(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            match format {
                ExportFormat::Csv => write_csv(&facts, &mut out)?,
                ExportFormat::Jsonl => write_jsonl(&facts, &mut out)?,
            }
            out.flush()
        });
        written.map_err(|error| StoreError::of_output(&path, &error))?;
        exported.push(Exported { relation, rows, file: Some(path) });
    }
    Ok(exported)
}

fn write_csv(facts: &NamedFacts, out: impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(facts.columns.iter().map(|column| &column.name))?;
    for row in &facts.rows {
        writer.write_record(row.iter().map(plain))?;
    }
    writer.flush()
}

fn write_jsonl(facts: &NamedFacts, out: &mut impl Write) -> io::Result<()> {
    for row in &facts.rows {
        let cells = facts.columns.iter().zip(row);
        let cells = cells.map(|(column, value)| (column.name.clone(), json(value)));
        writeln!(out, "{}", Json::Object(cells.collect::<Map<_, _>>()))?;
    }
    Ok(())
}

/// A text as it stands, anything else as a literal.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// As the feed has it: dates, times and durations are strings.
fn json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(value.get()),
        Value::Text(_) | Value::Date(_) | Value::Time(_) | Value::Duration(_) => {
            Json::from(plain(value))
        }
    }
}
