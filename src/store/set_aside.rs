//! The table of facts that did not fit when the rules changed.

use rusqlite::{Connection, params};
use serde_json::{Map, Value as Json};

use super::catalog::{Catalog, Layout, LayoutId};
use super::cell::{from_json, time_text, to_json};
use super::error::StoreError;
use super::table::Table;
use crate::model::{Row, Timestamp, Value};

/// A fact that was set aside, with the columns that a table has now.
pub(super) struct Aside {
    pub id: i64,
    /// The transaction that set it aside.
    pub number: u64,
    /// In the order of the table's columns.
    pub row: Row,
    /// What its key is in the table.
    pub key: Row,
}

/// Sets aside a row of what was a table.
pub(super) fn put(
    connection: &Connection,
    table: &Table,
    row: &[Value],
    reason: &str,
    now: Timestamp,
    number: u64,
) -> Result<(), StoreError> {
    let cells = table.columns.iter().zip(row);
    let cells = cells.map(|(column, value)| (column.name.clone(), to_json(value)));
    let json = Json::Object(cells.collect::<Map<_, _>>()).to_string();
    let mut insert = connection.prepare_cached(
        "INSERT INTO owed_set_aside (relation, moment, reason, row, layout, number)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let number = i64::try_from(number).expect("transactions are fewer than 64 bits count");
    let (relation, layout) = (&table.relation, table.layout.0);
    insert.execute(params![relation, time_text(now), reason, json, layout, number])?;
    Ok(())
}

/// The rows that have the columns of this table.
pub(super) fn of_layout(
    connection: &Connection,
    catalog: &Catalog,
    table: &Table,
) -> Result<Vec<Aside>, StoreError> {
    let layout = catalog.layout(table.layout).expect("a table has a layout");
    let mut select = connection.prepare_cached(
        "SELECT id, number, row FROM owed_set_aside WHERE relation = ?1 AND layout = ?2",
    )?;
    let mut found = select.query(params![table.relation, table.layout.0])?;
    let mut asides = Vec::new();
    while let Some(aside) = found.next()? {
        let (id, number): (i64, i64) = (aside.get(0)?, aside.get(1)?);
        let text: String = aside.get(2)?;
        let row = read(&text, layout).zip(u64::try_from(number).ok());
        let (row, number) = row.ok_or_else(|| corrupt(id, &text))?;
        let row = table.as_declared(row);
        let key = table.key_of(&row);
        asides.push(Aside { id, number, row, key });
    }
    Ok(asides)
}

/// How many rows are set aside.
///
/// # Errors
/// If one cannot be read.
pub(super) fn check(connection: &Connection, catalog: &Catalog) -> Result<usize, StoreError> {
    let mut select = connection.prepare("SELECT id, layout, row FROM owed_set_aside")?;
    let mut found = select.query([])?;
    let mut count = 0;
    while let Some(aside) = found.next()? {
        let (id, layout, text): (i64, u32, String) = (aside.get(0)?, aside.get(1)?, aside.get(2)?);
        let layout = catalog.layout(LayoutId(layout));
        if layout.and_then(|layout| read(&text, layout)).is_none() {
            return Err(corrupt(id, &text));
        }
        count += 1;
    }
    Ok(count)
}

/// Forgets one that is back.
pub(super) fn remove(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM owed_set_aside WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The row, in the order of the layout.
fn read(text: &str, layout: &Layout) -> Option<Row> {
    let object: Map<String, Json> = serde_json::from_str(text).ok()?;
    let cell = |column: &crate::model::Column| from_json(object.get(&column.name)?, column.ty);
    layout.columns.iter().map(cell).collect()
}

fn corrupt(id: i64, text: &str) -> StoreError {
    StoreError::Corrupt(format!("fact {id} of those set aside is {text}"))
}
