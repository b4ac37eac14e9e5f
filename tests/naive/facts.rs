//! The facts that are given: a set by its key for each input and observe.

use std::collections::BTreeMap;

use owed::model::{Change, RelationId, Row, Schema, Value};

/// What feeds have said so far.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    by_key: BTreeMap<RelationId, BTreeMap<Vec<Value>, Row>>,
}

impl Facts {
    /// Makes the changes in their order: a new fact replaces the one of its key.
    pub fn apply(&mut self, changes: &[Change], schema: &Schema) {
        for change in changes {
            let relation = schema.relation(change.relation());
            let facts = self.by_key.entry(relation.id).or_default();
            match change {
                Change::Insert { row, .. } => {
                    let key = match &relation.key {
                        Some(columns) => columns.iter().map(|at| row[*at].clone()).collect(),
                        None => row.clone(),
                    };
                    facts.insert(key, row.clone());
                }
                Change::Delete { pattern, .. } => facts.retain(|_, row| !matches(row, pattern)),
            }
        }
    }

    /// The rows of a relation.
    pub fn rows(&self, relation: RelationId) -> impl Iterator<Item = &Row> {
        self.by_key.get(&relation).into_iter().flat_map(BTreeMap::values)
    }
}

fn matches(row: &Row, pattern: &[Option<Value>]) -> bool {
    row.iter().zip(pattern).all(|(value, wanted)| wanted.as_ref().is_none_or(|w| w == value))
}
