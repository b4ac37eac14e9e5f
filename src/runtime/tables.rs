//! Whole relations: facts as they are loaded, and sources as they are read.

use rustc_hash::{FxHashMap, FxHashSet};

use super::machine::SourceRows;
use crate::model::{
    Author, AuthorKind, Change, Relation, RelationId, Row, Schema, Timestamp, crash_point,
};
use crate::store::{Record, Store, StoreError};

/// All facts, by relation.
#[derive(Debug)]
pub(super) struct Facts(Vec<(RelationId, Vec<Row>)>);

impl Facts {
    /// The changes that make them true where nothing is.
    pub fn into_changes(self) -> Vec<Change> {
        let insert = |(relation, rows): (RelationId, Vec<Row>)| {
            rows.into_iter().map(move |row| Change::Insert { relation, row })
        };
        self.0.into_iter().flat_map(insert).collect()
    }
}

/// The store's facts, once it has what the sources say. One that could not be read changes
/// nothing.
pub(super) fn read_in(
    store: &mut Store,
    schema: &Schema,
    sources: Vec<SourceRows>,
    now: Timestamp,
) -> Result<Facts, StoreError> {
    let facts = store.load()?;
    let mut records = Vec::new();
    for (relation, rows) in sources {
        let Ok(rows) = rows else { continue };
        let before = facts.iter().find(|(id, _)| *id == relation);
        let before = before.map(|(_, rows)| rows.clone()).unwrap_or_default();
        let relation = schema.relation(relation);
        let changes = difference(relation, before, rows);
        let author = Author::new(AuthorKind::Source, relation.name.as_str());
        if !changes.is_empty() {
            records.push(Record { now, author, changes });
        }
    }
    if records.is_empty() {
        return Ok(Facts(facts));
    }
    crash_point("machine.sources.before-commit");
    store.commit(&records)?;
    crash_point("machine.sources.after-commit");
    Ok(Facts(store.load()?))
}

/// The changes that make a relation have just these rows; of those with one key, the last.
pub(super) fn difference(relation: &Relation, before: Vec<Row>, rows: Vec<Row>) -> Vec<Change> {
    let rows = last_of_each_key(relation, rows);
    let old: FxHashSet<&Row> = before.iter().collect();
    let new: FxHashSet<&Row> = rows.iter().collect();
    let id = relation.id;
    let gone = before.iter().filter(|row| !new.contains(row)).map(|row| Change::Delete {
        relation: id,
        pattern: row.iter().cloned().map(Some).collect(),
    });
    let come = rows.iter().filter(|row| !old.contains(row));
    let come = come.map(|row| Change::Insert { relation: id, row: row.clone() });
    gone.chain(come).collect()
}

fn last_of_each_key(relation: &Relation, rows: Vec<Row>) -> Vec<Row> {
    let Some(key) = &relation.key else { return rows };
    let key_of = |row: &Row| -> Row { key.iter().map(|at| row[*at].clone()).collect() };
    let places = rows.iter().enumerate().map(|(place, row)| (key_of(row), place));
    let last: FxHashMap<Row, usize> = places.collect();
    let is_last = |(place, row): (usize, Row)| (last[&key_of(&row)] == place).then_some(row);
    rows.into_iter().enumerate().filter_map(is_last).collect()
}
