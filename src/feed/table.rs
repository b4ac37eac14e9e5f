//! Whole relations out of files: CSV with a header, and JSON lines.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use serde_json::{Map, Value as Json};
use thiserror::Error;

use super::lines::Lines;
use super::{Mistake, cell, columns, json};
use crate::model::{Relation, Row};

/// Why a table could not be read. Nothing of it is to be used then.
#[derive(Debug, Error)]
pub enum TableError {
    #[error("{0}")]
    Read(#[from] io::Error),
    /// A line that is not a row of the relation, counted from 1.
    #[error("line {line}: {mistake}")]
    Line { line: u64, mistake: Mistake },
}

/// The rows of a CSV file, whose header names exactly the relation's columns, in any order.
///
/// # Errors
/// The first thing that is wrong.
pub fn read_csv(input: impl Read + Seek, relation: &Relation) -> Result<Vec<Row>, TableError> {
    let mut reader = csv::ReaderBuilder::new().from_reader(input);
    read_records(&mut reader, relation).map_err(|wrong| match wrong {
        Wrong::Input(error) => TableError::Read(error),
        Wrong::Record(place, mistake) => {
            let line = record_line(reader.into_inner(), &place).unwrap_or(place.line());
            TableError::Line { line, mistake }
        }
    })
}

/// Why a CSV file could not be read.
enum Wrong {
    Input(io::Error),
    /// Where the reader stood before the record, blank lines not yet passed over.
    Record(csv::Position, Mistake),
}

fn read_records(
    reader: &mut csv::Reader<impl Read>,
    relation: &Relation,
) -> Result<Vec<Row>, Wrong> {
    let header = reader.headers()?;
    let header_place = header.position().cloned().unwrap_or_else(csv::Position::new);
    let order =
        header_order(header, relation).map_err(|mistake| Wrong::Record(header_place, mistake))?;
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let mut row = Vec::with_capacity(order.len());
        for (column, at) in relation.columns.iter().zip(&order) {
            let cell = record.get(*at).expect("the reader holds records to the header's length");
            let value = cell::from_cell(cell, column.ty).map_err(|mistake| {
                let place = record.position().cloned().unwrap_or_else(csv::Position::new);
                Wrong::Record(place, mistake.of_column(&column.name))
            })?;
            row.push(value);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// The line of a record: that of its first byte that ends no line.
///
/// # Errors
/// If what was read cannot be read again, as a pipe cannot.
fn record_line(mut input: impl Read + Seek, place: &csv::Position) -> io::Result<u64> {
    input.seek(SeekFrom::Start(0))?;
    let mut line = 1;
    for (at, byte) in (0..).zip(io::BufReader::new(input).bytes()) {
        match byte? {
            b'\n' => line += 1,
            b'\r' => {}
            _ if at >= place.byte() => break,
            _ => {}
        }
    }
    Ok(line)
}

/// The rows of a file of JSON objects, one a line, with exactly the relation's columns. Empty
/// lines are passed over.
///
/// # Errors
/// The first thing that is wrong.
pub fn read_jsonl(input: impl BufRead, relation: &Relation) -> Result<Vec<Row>, TableError> {
    let mut lines = Lines::new(input);
    let mut rows = Vec::new();
    while let Some(line) = lines.read()? {
        let text = line.text.map_err(|mistake| at_line(line.number, mistake))?;
        if text.trim().is_empty() {
            continue;
        }
        let row = serde_json::from_str::<Map<String, Json>>(&text)
            .map_err(|error| Mistake::not_json(&error))
            .and_then(|object| json::whole_row(&object, relation));
        rows.push(row.map_err(|mistake| at_line(line.number, mistake))?);
    }
    Ok(rows)
}

/// Where in a record each of the relation's columns stands.
fn header_order(header: &csv::StringRecord, relation: &Relation) -> Result<Vec<usize>, Mistake> {
    let mut order = vec![None; relation.columns.len()];
    for (at, name) in header.iter().enumerate() {
        let name = name.trim_start_matches('\u{feff}').trim();
        let column = columns::find(relation, name)?;
        if order[column].replace(at).is_some() {
            return Err(Mistake::new(format!("the header has column \"{name}\" twice")));
        }
    }
    let given: Vec<bool> = order.iter().map(Option::is_some).collect();
    columns::all_present(&given, relation)?;
    Ok(order.into_iter().flatten().collect())
}

fn at_line(line: u64, mistake: Mistake) -> TableError {
    TableError::Line { line, mistake }
}

impl From<csv::Error> for Wrong {
    fn from(error: csv::Error) -> Wrong {
        let place = error.position().cloned().unwrap_or_else(csv::Position::new);
        let mistake = match error.into_kind() {
            csv::ErrorKind::Io(error) => return Wrong::Input(error),
            csv::ErrorKind::Utf8 { .. } => Mistake::new("a cell is not UTF-8"),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                let cells = if len == 1 { "cell" } else { "cells" };
                Mistake::new(format!("{len} {cells}"))
                    .hint(format!("expected {expected_len}, as the header has"))
            }
            other => Mistake::new(format!("{other:?}")),
        };
        Wrong::Record(place, mistake)
    }
}
