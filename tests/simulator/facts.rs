//! The facts as they must be: what was acknowledged, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use owed::model::{Change, Relation, Row, Schema, Value};

use super::shape::Key;

/// Counts what happens: later is more.
pub type Moment = u64;

/// By relation: each fact by its key, and when it was last written.
#[derive(Clone, Debug, Default)]
pub struct Facts(BTreeMap<String, BTreeMap<Key, (Row, Moment)>>);

impl Facts {
    pub fn apply(&mut self, change: &Change, schema: &Schema, moment: Moment) {
        let relation = schema.relation(change.relation());
        match change {
            Change::Insert { row, .. } => self.insert(relation, row.clone(), moment),
            Change::Delete { pattern, .. } => self.delete(&relation.name, pattern),
        }
    }

    pub fn insert(&mut self, relation: &Relation, row: Row, moment: Moment) {
        let key = match &relation.key {
            Some(columns) => columns.iter().map(|at| row[*at].clone()).collect(),
            None => row.clone(),
        };
        self.0.entry(relation.name.clone()).or_default().insert(key, (row, moment));
    }

    pub fn delete(&mut self, name: &str, pattern: &[Option<Value>]) {
        if let Some(rows) = self.0.get_mut(name) {
            rows.retain(|_, (row, _)| !fits(row, pattern));
        }
    }

    /// Makes a relation have just these rows.
    pub fn replace(&mut self, relation: &Relation, rows: &[Row], moment: Moment) {
        self.0.remove(&relation.name);
        rows.iter().for_each(|row| self.insert(relation, row.clone(), moment));
    }

    pub fn rows(&self, name: &str) -> BTreeSet<Row> {
        self.0.get(name).into_iter().flatten().map(|(_, (row, _))| row.clone()).collect()
    }

    /// The facts that match and were not written after a moment.
    pub fn older(&self, name: &str, pattern: &[Option<Value>], moment: Moment) -> Vec<Row> {
        let rows = self.0.get(name).into_iter().flatten().map(|(_, row)| row);
        let older = rows.filter(|(row, written)| fits(row, pattern) && *written <= moment);
        older.map(|(row, _)| row.clone()).collect()
    }
}

fn fits(row: &[Value], pattern: &[Option<Value>]) -> bool {
    let pairs = row.iter().zip(pattern);
    pairs.clone().all(|(value, wanted)| wanted.as_ref().is_none_or(|wanted| wanted == value))
}
