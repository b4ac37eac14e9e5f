//! Whether a store is sound: SQLite's pages, every fact, and the history, which undone from end
//! to beginning has to fit the facts at every step.

use rusqlite::Connection;

use super::catalog::Catalog;
use super::error::StoreError;
use super::history::{self, State, Walk};
use super::set_aside;
use crate::model::Timestamp;

/// What is in a store, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    pub relations: usize,
    pub facts: usize,
    /// How many facts did not fit changed rules and wait in `owed_set_aside`.
    pub set_aside: usize,
    /// How many transactions the history has.
    pub transactions: usize,
    /// The moment of the oldest of them.
    pub since: Option<Timestamp>,
    /// The moment of the last transaction that is forgotten, if any is.
    pub forgotten: Option<Timestamp>,
    /// What is wrong, one a line; nothing if the store is sound.
    pub faults: Vec<String>,
}

pub(super) fn verify(connection: &Connection, catalog: &Catalog) -> Result<Verdict, StoreError> {
    let mut verdict = Verdict { relations: catalog.tables.len(), ..Verdict::default() };
    verdict.faults = pages(connection)?;
    for table in &catalog.tables {
        match table.rows(connection) {
            Ok(rows) => verdict.facts += rows.len(),
            Err(error) => verdict.faults.push(reason(error)),
        }
    }
    match set_aside::check(connection, catalog) {
        Ok(count) => verdict.set_aside = count,
        Err(error) => verdict.faults.push(reason(error)),
    }
    let forgotten = history::forgotten(connection)?;
    verdict.forgotten = forgotten.map(|(_, moment)| moment);
    let is_readable = verdict.faults.is_empty();
    let undone = is_readable.then(|| undo_all(connection, catalog, &mut verdict)).transpose();
    if let Err(error) = undone {
        verdict.faults.push(reason(error));
    }
    Ok(verdict)
}

/// What SQLite finds in its own pages.
fn pages(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut faults = Vec::new();
    for line in lines {
        match line {
            Ok(line) if line == "ok" => {}
            Ok(line) => faults.push(line),
            Err(error) => {
                faults.push(error.to_string());
                break;
            }
        }
    }
    Ok(faults)
}

fn undo_all(
    connection: &Connection,
    catalog: &Catalog,
    verdict: &mut Verdict,
) -> Result<(), StoreError> {
    let mut state = State::read(connection, catalog)?;
    let mut next: Option<u64> = None;
    history::backwards(connection, catalog, |logged| {
        if let Some(missing) = next.filter(|next| *next != logged.number) {
            let fault = format!("transaction {missing} of the history is missing");
            return Err(StoreError::Corrupt(fault));
        }
        state.undo(&logged)?;
        verdict.transactions += 1;
        verdict.since = Some(logged.moment);
        next = logged.number.checked_sub(1);
        Ok(Walk::On)
    })?;
    let before = history::forgotten(connection)?.map_or(0, |(number, _)| number);
    if next.is_some_and(|next| next != before) {
        let fault = format!("the history begins after transaction {before}, but that is missing");
        return Err(StoreError::Corrupt(fault));
    }
    match before == 0 && !state.is_empty() {
        true => Err(StoreError::Corrupt("there are facts that no transaction made".to_owned())),
        false => Ok(()),
    }
}

fn reason(error: StoreError) -> String {
    match error {
        StoreError::Corrupt(what) => what,
        other => other.to_string(),
    }
}
