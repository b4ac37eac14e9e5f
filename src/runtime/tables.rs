//! Whole relations: facts as they are loaded, and sources as they are read.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::machine::SourceNews;
use super::news::{
    Heard, KnownSources, SourceState, SourceStates, count_after, is_to_be_noted, noted_at,
};
use super::prelude::Prelude;
use crate::model::{
    Author, AuthorKind, Change, Relation, RelationId, Row, Timestamp, Value, crash_point,
};
use crate::program::Program;
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

/// The store's facts, once it has what the sources say, and how these stand. One that could not
/// be read changes nothing. `known` is what was known of them under other rules.
pub(super) fn read_in(
    store: &mut Store,
    (program, prelude): (&Program, &Prelude),
    sources: Vec<SourceNews>,
    now: Timestamp,
    known: &KnownSources,
) -> Result<(Facts, SourceStates), StoreError> {
    let facts = store.load()?;
    let schema = &program.schema;
    let notes = notes(&facts, prelude);
    let mut states = remembered(&facts, program, &notes, known);
    let mut records = Vec::new();
    for (id, news) in sources {
        let relation = schema.relation(id);
        let state = states.entry(id).or_default();
        state.hear(&news);
        let Heard::Rows(rows) = news.heard else { continue };
        let before = rows_of(&facts, id);
        let count = before.len();
        let mut changes = difference(relation, before.to_vec(), rows);
        if !state.lets(relation, &changes, count) {
            continue;
        }
        state.read_well(now, count_after(count, &changes));
        let noted = notes.get(relation.name.as_str()).copied();
        if !changes.is_empty() || is_to_be_noted(noted, now) {
            changes.extend(prelude.mark(&relation.name, now));
        }
        let author = Author::new(AuthorKind::Source, relation.name.as_str());
        if !changes.is_empty() {
            records.push(Record { now, author, changes });
        }
    }
    let states = SourceStates::new(states);
    if records.is_empty() {
        return Ok((Facts(facts), states));
    }
    crash_point("machine.sources.before-commit");
    store.commit(&records)?;
    crash_point("machine.sources.after-commit");
    Ok((Facts(store.load()?), states))
}

/// How the sources stand by what earlier servers noted, and by what is known of them.
fn remembered(
    facts: &[(RelationId, Vec<Row>)],
    program: &Program,
    notes: &KnownSources,
    known: &KnownSources,
) -> BTreeMap<RelationId, SourceState> {
    let sourced = program.schema.relations().iter().filter(|one| one.source.is_some());
    let state = |relation: &Relation| {
        let noted = notes.get(&relation.name).copied();
        let at = noted.map(|at| known.get(&relation.name).map_or(at, |later| at.max(*later)));
        (relation.id, SourceState::remembered(at, rows_of(facts, relation.id).len()))
    };
    sourced.map(state).collect()
}

/// When earlier servers noted that sources were read.
fn notes(facts: &[(RelationId, Vec<Row>)], prelude: &Prelude) -> KnownSources {
    let rows = prelude.read.map(|read| rows_of(facts, read)).unwrap_or_default();
    let note = |row: &Row| match &row[0] {
        Value::Text(name) => (name.to_string(), noted_at(row)),
        other => unreachable!("a relation's name, not {other:?}"),
    };
    rows.iter().map(note).collect()
}

fn rows_of(facts: &[(RelationId, Vec<Row>)], relation: RelationId) -> &[Row] {
    facts
        .iter()
        .find(|(id, _)| *id == relation)
        .map(|(_, rows)| rows.as_slice())
        .unwrap_or_default()
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

/// Of the rows with one key, the last.
pub(super) fn last_of_each_key(relation: &Relation, rows: Vec<Row>) -> Vec<Row> {
    let Some(key) = &relation.key else { return rows };
    let key_of = |row: &Row| -> Row { key.iter().map(|at| row[*at].clone()).collect() };
    let places = rows.iter().enumerate().map(|(place, row)| (key_of(row), place));
    let last: FxHashMap<Row, usize> = places.collect();
    let is_last = |(place, row): (usize, Row)| (last[&key_of(&row)] == place).then_some(row);
    rows.into_iter().enumerate().filter_map(is_last).collect()
}
