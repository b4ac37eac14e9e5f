//! What a transaction changed in the end, and how the history writes it down.

use bincode::Options;
use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, LayoutId};
use super::error::StoreError;
use crate::model::{Date, Duration, Float, Row, Timestamp, Value};

/// Net changes to the rows of one layout, each sorted by value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LayoutChanges {
    pub layout: LayoutId,
    pub inserted: Vec<Row>,
    pub deleted: Vec<Row>,
}

/// Changes as they add up.
#[derive(Debug, Default)]
pub(super) struct Net {
    counts: Vec<(LayoutId, Row, i32)>,
}

impl Net {
    /// A row of the layout, in its order, that was not there.
    pub fn insert(&mut self, layout: LayoutId, row: Row) {
        self.counts.push((layout, row, 1));
    }

    /// A row of the layout, in its order, that is no longer there.
    pub fn delete(&mut self, layout: LayoutId, row: Row) {
        self.counts.push((layout, row, -1));
    }

    /// What does not cancel.
    ///
    /// # Errors
    /// If a row came or went twice: a table had it twice, or lost it.
    pub fn into_changes(mut self) -> Result<Vec<LayoutChanges>, StoreError> {
        self.counts.sort_unstable();
        let mut changes: Vec<LayoutChanges> = Vec::new();
        let mut counts = self.counts.into_iter().peekable();
        while let Some((layout, row, mut count)) = counts.next() {
            while let Some((_, _, more)) = counts.next_if(|next| next.0 == layout && next.1 == row)
            {
                count += more;
            }
            if !(-1..=1).contains(&count) {
                return Err(StoreError::Corrupt(format!("a table has the fact {row:?} twice")));
            }
            if count == 0 {
                continue;
            }
            if changes.last().is_none_or(|last| last.layout != layout) {
                changes.push(LayoutChanges { layout, inserted: Vec::new(), deleted: Vec::new() });
            }
            let last = changes.last_mut().expect("one was just added");
            if count > 0 { last.inserted.push(row) } else { last.deleted.push(row) }
        }
        Ok(changes)
    }
}

/// How many rows these changes insert and delete.
pub(super) fn rows_changed(changes: &[LayoutChanges]) -> usize {
    changes.iter().map(|one| one.inserted.len() + one.deleted.len()).sum()
}

/// The first byte of what is written.
const FORMAT: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Logged<'a> {
    layout: u32,
    #[serde(borrow)]
    inserted: Vec<Vec<LoggedValue<'a>>>,
    #[serde(borrow)]
    deleted: Vec<Vec<LoggedValue<'a>>>,
}

/// In this order for ever: bincode writes the number of the arm.
#[derive(Serialize, Deserialize)]
enum LoggedValue<'a> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00Z.
    Time(i64),
    /// Microseconds.
    Duration(i64),
}

/// As the history keeps it.
pub(super) fn encode(changes: &[LayoutChanges]) -> Result<Vec<u8>, StoreError> {
    let logged: Vec<Logged<'_>> = changes
        .iter()
        .map(|one| Logged {
            layout: one.layout.0,
            inserted: one.inserted.iter().map(|row| log(row)).collect(),
            deleted: one.deleted.iter().map(|row| log(row)).collect(),
        })
        .collect();
    let mut bytes = vec![FORMAT];
    let written = bincode::DefaultOptions::new().serialize_into(&mut bytes, &logged);
    written.expect("values in memory can be written to memory");
    match bytes.len() < BYTES_MAX {
        true => Ok(bytes),
        false => Err(StoreError::TooBig),
    }
}

/// What SQLite takes in a cell, less what else is in the row.
const BYTES_MAX: usize = 999_000_000;

/// The inverse of [`encode`].
///
/// # Errors
/// If it is nothing that was ever written of these layouts.
pub(super) fn decode(bytes: &[u8], catalog: &Catalog) -> Result<Vec<LayoutChanges>, String> {
    let logged: Vec<Logged<'_>> = match bytes.split_first() {
        Some((&FORMAT, rest)) => {
            bincode::DefaultOptions::new().deserialize(rest).map_err(|error| error.to_string())?
        }
        Some((format, _)) => return Err(format!("format {format} is unknown")),
        None => return Err("nothing is there".to_owned()),
    };
    let one = |logged: Logged<'_>| {
        let id = LayoutId(logged.layout);
        let layout = catalog.layout(id).ok_or_else(|| format!("layout {} is unknown", id.0))?;
        let row = |logged: Vec<LoggedValue<'_>>| {
            let row: Option<Row> = logged.into_iter().map(value).collect();
            let types = layout.columns.iter().map(|column| column.ty);
            row.filter(|row| row.iter().map(Value::ty).eq(types))
                .ok_or_else(|| format!("a row is none of {}", layout.relation))
        };
        let inserted = logged.inserted.into_iter().map(row).collect::<Result<_, _>>()?;
        let deleted = logged.deleted.into_iter().map(row).collect::<Result<_, _>>()?;
        Ok(LayoutChanges { layout: id, inserted, deleted })
    };
    logged.into_iter().map(one).collect()
}

fn log(row: &[Value]) -> Vec<LoggedValue<'_>> {
    row.iter()
        .map(|value| match value {
            Value::Bool(value) => LoggedValue::Bool(*value),
            Value::Int(value) => LoggedValue::Int(*value),
            Value::Float(value) => LoggedValue::Float(value.get()),
            Value::Text(value) => LoggedValue::Text(value),
            Value::Date(value) => LoggedValue::Date(value.days()),
            Value::Time(value) => LoggedValue::Time(value.micros()),
            Value::Duration(value) => LoggedValue::Duration(value.micros()),
        })
        .collect()
}

fn value(logged: LoggedValue<'_>) -> Option<Value> {
    match logged {
        LoggedValue::Bool(value) => Some(Value::Bool(value)),
        LoggedValue::Int(value) => Some(Value::Int(value)),
        LoggedValue::Float(value) => Float::new(value).map(Value::Float),
        LoggedValue::Text(value) => Some(Value::text(value)),
        LoggedValue::Date(days) => Date::from_days(i64::from(days)).map(Value::Date),
        LoggedValue::Time(micros) => Timestamp::from_micros(micros).map(Value::Time),
        LoggedValue::Duration(micros) => Some(Value::Duration(Duration::from_micros(micros))),
    }
}
