//! The given facts at the edge: each relation a set by its key, so that what is inserted twice or
//! deleted without being there is no change.

use std::collections::BTreeMap;

use crate::model::{Change, RelationId, Schema, Timestamp, Transaction, Type, Value};
use crate::plan::Plan;

use super::batch::Batch;
use super::census::Census;
use super::coding::{encode, find};
use super::dictionary::Dictionary;
use super::question::Question;
use super::table::Table;
use super::words::Words;

/// Why a transaction was not applied. Nothing of it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("time cannot go back from {now} to {wanted}")]
    TimeGoesBack { now: Timestamp, wanted: Timestamp },
    #[error("relation {relation} is derived by rules and cannot be changed")]
    Derived { relation: String },
    #[error("relation {relation} has {expected} columns, not {found}")]
    WrongWidth { relation: String, expected: usize, found: usize },
    #[error("column {column} of relation {relation} is {expected}, not {found}")]
    WrongType { relation: String, column: String, expected: Type, found: Type },
}

/// Changes of rows by relation, each relation once.
pub type Changes = Vec<(RelationId, Batch)>;

/// The facts of every relation that is not derived.
#[derive(Debug)]
pub struct Facts {
    tables: Vec<Option<Table>>,
    /// How many rows they keep.
    len: usize,
}

impl Facts {
    /// No facts, for the relations that `is_given` names.
    pub fn new(schema: &Schema, is_given: impl Fn(RelationId) -> bool) -> Facts {
        let table = |relation: &crate::model::Relation| {
            let key = relation.key.as_deref();
            is_given(relation.id).then(|| Table::new(relation.columns.len(), key))
        };
        Facts { tables: schema.relations().iter().map(table).collect(), len: 0 }
    }

    /// Whether every change can be applied.
    ///
    /// # Errors
    /// The first change that cannot.
    pub fn validate(&self, plan: &Plan, transaction: &Transaction) -> Result<(), Refused> {
        transaction.changes.iter().try_for_each(|change| {
            let relation = plan.schema.relation(change.relation());
            let name = || relation.name.clone();
            if self.tables[relation.id.index()].is_none() || !plan.is_written(relation.id) {
                return Err(Refused::Derived { relation: name() });
            }
            let values: Vec<Option<&Value>> = match change {
                Change::Insert { row, .. } => row.iter().map(Some).collect(),
                Change::Delete { pattern, .. } => pattern.iter().map(Option::as_ref).collect(),
            };
            let (expected, found) = (relation.columns.len(), values.len());
            if expected != found {
                return Err(Refused::WrongWidth { relation: name(), expected, found });
            }
            for (column, value) in relation.columns.iter().zip(values) {
                let found = value.map_or(column.ty, Value::ty);
                if found != column.ty {
                    let (column, expected) = (column.name.clone(), column.ty);
                    return Err(Refused::WrongType { relation: name(), column, expected, found });
                }
            }
            Ok(())
        })
    }

    /// Applies changes in order and gives what changed, with what cancels left out.
    pub fn apply(&mut self, changes: Vec<Change>, dictionary: &Dictionary) -> Changes {
        self.reserve(&changes);
        // With how many rows each had before.
        let mut changed = BTreeMap::new();
        for change in changes {
            let relation = change.relation();
            let table = self.tables[relation.index()].as_mut().expect("changes are validated");
            changed.entry(relation).or_insert_with(|| table.len());
            match change {
                Change::Insert { row, .. } => {
                    table.insert(|column| encode(&row[column], dictionary));
                }
                Change::Delete { pattern, .. } => {
                    let words = pattern.iter().map(|value| match value {
                        Some(value) => find(value, dictionary).map(Some),
                        None => Some(None),
                    });
                    // A text that was never met is in no fact.
                    if let Some(pattern) = words.collect() {
                        table.delete(&Question { pattern, most: usize::MAX });
                    }
                }
            }
        }
        let changed = changed.into_iter();
        let changed = changed.map(|(relation, before)| self.take_changes(relation, before));
        changed.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// Makes room for what is inserted, where it is much.
    fn reserve(&mut self, changes: &[Change]) {
        if changes.len() < self.tables.len() {
            return;
        }
        let mut inserts = vec![0; self.tables.len()];
        for change in changes {
            if let Change::Insert { relation, .. } = change {
                inserts[relation.index()] += 1;
            }
        }
        for (table, rows) in self.tables.iter_mut().zip(inserts) {
            table.iter_mut().for_each(|table| table.reserve(rows));
        }
    }

    /// Makes a relation have just these rows, and gives what changed.
    pub fn replace(&mut self, relation: RelationId, rows: &[Words]) -> Changes {
        let table = self.tables[relation.index()].as_mut().expect("the relation is given");
        let before = table.len();
        table.replace(rows);
        let changed = [self.take_changes(relation, before)].into_iter();
        changed.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// What changed of a relation that had so many rows before.
    fn take_changes(&mut self, relation: RelationId, before: usize) -> (RelationId, Batch) {
        let table = self.tables[relation.index()].as_mut().expect("the relation is given");
        let changes = table.take_changes();
        self.len = self.len + table.len() - before;
        (relation, changes)
    }

    /// All facts, as if none had been there.
    pub fn all(&self) -> Changes {
        let tables = self.given().map(|(relation, table)| (relation, table.all()));
        tables.filter(|(_, rows)| !rows.is_empty()).collect()
    }

    /// The facts that are asked for, in no order.
    pub fn rows(&self, relation: RelationId, question: &Question) -> Vec<Words> {
        let table = self.tables[relation.index()].as_ref().expect("the relation is given");
        table.rows(question)
    }

    /// How many rows are kept.
    pub fn len(&self) -> usize {
        self.len
    }

    /// How many rows are kept of each relation that is given.
    pub fn lens(&self) -> impl Iterator<Item = (RelationId, usize)> {
        self.given().map(|(relation, table)| (relation, table.len()))
    }

    fn given(&self) -> impl Iterator<Item = (RelationId, &Table)> {
        self.tables.iter().enumerate().filter_map(|(at, table)| {
            let relation = RelationId(u32::try_from(at).expect("few relations"));
            table.as_ref().map(|table| (relation, table))
        })
    }

    /// Counts the words of all facts.
    pub fn count(&self, census: &mut Census) {
        self.given().for_each(|(_, table)| table.count(census));
    }

    /// Whether the relation's facts are kept here.
    pub fn has(&self, relation: RelationId) -> bool {
        self.tables[relation.index()].is_some()
    }
}
