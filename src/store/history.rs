//! What happened, transaction by transaction: written with the facts, read backwards to know
//! what was believed.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use rusqlite::{Connection, OptionalExtension, params};

use super::catalog::{Catalog, LayoutId};
use super::cell::{read_time, time_text};
use super::changes::{LayoutChanges, decode, encode};
use super::error::StoreError;
use super::facts::{NamedFacts, current};
use crate::model::{Author, AuthorKind, Column, Row, Timestamp, Value};

/// One transaction that changed something.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub number: u64,
    pub moment: Timestamp,
    pub author: Author,
    /// In the order in which the store got to know the relations' columns.
    pub changes: Vec<NamedChanges>,
}

/// Net changes to a relation, as its columns were then.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedChanges {
    pub relation: String,
    pub columns: Arc<[Column]>,
    /// Sorted by value.
    pub inserted: Vec<Row>,
    /// Sorted by value.
    pub deleted: Vec<Row>,
}

/// Which transactions are wanted.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// None before this moment.
    pub from: Option<Timestamp>,
    /// None after this moment.
    pub to: Option<Timestamp>,
    /// Only what touches one of these, and of that only these rows; everything if there is none.
    pub touching: Vec<Touch>,
    /// Only so many of the last ones.
    pub limit: Option<usize>,
}

/// Rows of a relation that have these values in these columns.
#[derive(Clone, Debug)]
pub struct Touch {
    pub relation: String,
    pub values: Vec<(String, Value)>,
}

/// The transactions that a query asks for, oldest first.
pub(super) fn query(
    connection: &Connection,
    catalog: &Catalog,
    query: &Query,
) -> Result<Vec<Entry>, StoreError> {
    let mut columns: FxHashMap<LayoutId, Arc<[Column]>> = FxHashMap::default();
    let mut entries = Vec::new();
    backwards(connection, catalog, |logged| {
        let is_enough = query.limit.is_some_and(|limit| entries.len() >= limit);
        if is_enough {
            return Ok(Walk::Stop);
        }
        let is_early = query.from.is_some_and(|from| logged.moment < from);
        let is_late = query.to.is_some_and(|to| to < logged.moment);
        if is_early || is_late {
            return Ok(Walk::On);
        }
        let changes = logged.changes.into_iter().filter_map(|one| {
            let layout = catalog.layout(one.layout).expect("what is decoded has a layout");
            let columns =
                columns.entry(one.layout).or_insert_with(|| layout.columns.clone().into());
            let (relation, columns) = (layout.relation.clone(), Arc::clone(columns));
            let LayoutChanges { inserted, deleted, .. } = one;
            touched(NamedChanges { relation, columns, inserted, deleted }, &query.touching)
        });
        let changes: Vec<NamedChanges> = changes.collect();
        if !changes.is_empty() {
            let (number, moment, author) = (logged.number, logged.moment, logged.author);
            entries.push(Entry { number, moment, author, changes });
        }
        Ok(Walk::On)
    })?;
    entries.reverse();
    Ok(entries)
}

/// The part of the changes that is wanted, if there is any.
fn touched(mut changes: NamedChanges, touching: &[Touch]) -> Option<NamedChanges> {
    if touching.is_empty() {
        return Some(changes);
    }
    let place = |name: &String| changes.columns.iter().position(|column| column.name == *name);
    let of = touching.iter().filter(|touch| touch.relation == changes.relation);
    // A value of a column that was not there then is in no row.
    let wanted: Vec<Vec<(usize, &Value)>> = of
        .filter_map(|touch| {
            touch.values.iter().map(|(name, value)| Some((place(name)?, value))).collect()
        })
        .collect();
    let is_wanted = |row: &Row| {
        wanted.iter().any(|values| values.iter().all(|(at, value)| row[*at] == **value))
    };
    changes.inserted.retain(is_wanted);
    changes.deleted.retain(is_wanted);
    (!changes.inserted.is_empty() || !changes.deleted.is_empty()).then_some(changes)
}

/// The facts after the last transaction that was not after the moment.
///
/// # Errors
/// If the history begins later.
pub(super) fn facts_at(
    connection: &Connection,
    catalog: &Catalog,
    moment: Timestamp,
) -> Result<Vec<NamedFacts>, StoreError> {
    let mut state = State::read(connection, catalog)?;
    let mut is_reached = false;
    backwards(connection, catalog, |logged| {
        is_reached = logged.moment <= moment;
        if is_reached {
            return Ok(Walk::Stop);
        }
        state.undo(&logged)?;
        Ok(Walk::On)
    })?;
    match forgotten(connection)? {
        Some((_, since)) if !is_reached && moment < since => Err(StoreError::Forgotten { since }),
        _ => Ok(state.into_facts(catalog)),
    }
}

/// The facts as they were at some time, by the layouts that they had then.
pub(super) struct State {
    rows: FxHashMap<LayoutId, FxHashSet<Row>>,
}

impl State {
    /// As they are now.
    pub fn read(connection: &Connection, catalog: &Catalog) -> Result<State, StoreError> {
        let mut rows = FxHashMap::default();
        for table in &catalog.tables {
            let laid_out = current(connection, table)?;
            rows.insert(table.layout, laid_out.into_iter().collect());
        }
        Ok(State { rows })
    }

    /// Takes back what a transaction did, which is the last that is not yet taken back.
    ///
    /// # Errors
    /// If it cannot have been.
    pub fn undo(&mut self, logged: &Logged) -> Result<(), StoreError> {
        let wrong = || {
            StoreError::Corrupt(format!(
                "transaction {} of the history does not lead to the facts there are",
                logged.number
            ))
        };
        for changes in &logged.changes {
            let rows = self.rows.entry(changes.layout).or_default();
            if !changes.inserted.iter().all(|row| rows.remove(row)) {
                return Err(wrong());
            }
            if !changes.deleted.iter().all(|row| rows.insert(row.clone())) {
                return Err(wrong());
            }
        }
        Ok(())
    }

    /// Whether there are no facts.
    pub fn is_empty(&self) -> bool {
        self.rows.values().all(FxHashSet::is_empty)
    }

    fn into_facts(self, catalog: &Catalog) -> Vec<NamedFacts> {
        let held = self.rows.into_iter().filter(|(_, rows)| !rows.is_empty());
        let named = held.map(|(id, rows)| {
            let layout = catalog.layout(id).expect("rows are of a known layout");
            let (relation, columns) = (layout.relation.clone(), layout.columns.clone());
            let mut rows: Vec<Row> = rows.into_iter().collect();
            rows.sort_unstable();
            NamedFacts { relation, columns, rows }
        });
        let mut facts: Vec<NamedFacts> = named.collect();
        facts.sort_unstable_by(|one, other| one.relation.cmp(&other.relation));
        facts
    }
}

/// A transaction as the history has it.
pub(super) struct Logged {
    pub number: u64,
    pub moment: Timestamp,
    pub author: Author,
    pub changes: Vec<LayoutChanges>,
}

/// Whether to go on to the transaction before.
pub(super) enum Walk {
    On,
    Stop,
}

/// Walks the history, newest first.
pub(super) fn backwards(
    connection: &Connection,
    catalog: &Catalog,
    mut visit: impl FnMut(Logged) -> Result<Walk, StoreError>,
) -> Result<(), StoreError> {
    let sql = "SELECT number, moment, author_kind, author, changes FROM owed_history
               ORDER BY number DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)?;
        let wrong = |what: &str| {
            StoreError::Corrupt(format!("transaction {number} of the history is wrong: {what}"))
        };
        let moment = read_time(row.get_ref(1)?.as_str().map_err(|_| wrong("its moment"))?);
        let kind = row.get_ref(2)?.as_str().ok().and_then(AuthorKind::from_name);
        let name = row.get_ref(3)?.as_str().map_err(|_| wrong("its author"))?;
        let bytes = row.get_ref(4)?.as_blob().map_err(|_| wrong("its changes"))?;
        let logged = Logged {
            number: u64::try_from(number).map_err(|_| wrong("its number"))?,
            moment: moment.ok_or_else(|| wrong("its moment"))?,
            author: Author::new(kind.ok_or_else(|| wrong("its author"))?, name),
            changes: decode(bytes, catalog).map_err(|what| wrong(&what))?,
        };
        match visit(logged)? {
            Walk::On => {}
            Walk::Stop => break,
        }
    }
    Ok(())
}

/// Writes the next transaction down.
pub(super) fn append(
    connection: &Connection,
    number: u64,
    moment: Timestamp,
    author: &Author,
    changes: &[LayoutChanges],
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO owed_history (number, moment, author_kind, author, changes)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let number = i64::try_from(number).expect("transactions are fewer than 64 bits count");
    let (kind, name) = (author.kind.name(), &author.name);
    insert.execute(params![number, time_text(moment), kind, name, encode(changes)?])?;
    Ok(())
}

/// The number and the moment of the last transaction; `None` if there never was one.
pub(super) fn last(connection: &Connection) -> Result<Option<(u64, Timestamp)>, StoreError> {
    one(connection, "SELECT number, moment FROM owed_history ORDER BY number DESC LIMIT 1")
}

/// The number and the moment of the oldest transaction that is kept.
pub(super) fn oldest(connection: &Connection) -> Result<Option<(u64, Timestamp)>, StoreError> {
    one(connection, "SELECT number, moment FROM owed_history ORDER BY number LIMIT 1")
}

/// The number and the moment of the last transaction that is no longer kept.
pub(super) fn forgotten(connection: &Connection) -> Result<Option<(u64, Timestamp)>, StoreError> {
    one(connection, "SELECT number, moment FROM owed_forgotten")
}

fn one(connection: &Connection, sql: &str) -> Result<Option<(u64, Timestamp)>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)));
    let found: Option<(i64, String)> = found.optional()?;
    let read = |(number, moment): (i64, String)| {
        let number = u64::try_from(number).ok();
        number
            .zip(read_time(&moment))
            .ok_or_else(|| StoreError::Corrupt(format!("transaction {moment} of the history")))
    };
    found.map(read).transpose()
}
