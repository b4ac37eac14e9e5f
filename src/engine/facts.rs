//! The given facts at the edge: each relation a set by its key, so that what
//! is inserted twice or deleted without being there is no change.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use crate::model::{Change, RelationId, Schema, Timestamp, Transaction, Type, Value};

use super::census::Census;
use super::coding::{encode, find};
use super::dictionary::Dictionary;
use super::question::Question;
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

/// A net change of one relation: rows with their counts, 1 or -1.
pub type Changes = Vec<(RelationId, Words, isize)>;

/// The facts of every relation that is not derived.
#[derive(Debug)]
pub struct Facts {
    tables: Vec<Option<Table>>,
}

/// Ordered, so that rows whose first columns, or first columns of the key, are known are found
/// without a look at all others.
#[derive(Debug)]
enum Table {
    /// The whole row is the key.
    Whole(BTreeSet<Words>),
    /// The rest of each row by its key.
    Keyed(Layout, BTreeMap<Words, Words>),
}

/// Which columns are a relation's key, and which are the rest.
#[derive(Debug)]
struct Layout {
    key: Vec<usize>,
    rest: Vec<usize>,
}

impl Facts {
    /// No facts, for the relations that `is_given` names.
    pub fn new(schema: &Schema, is_given: impl Fn(RelationId) -> bool) -> Facts {
        let table = |relation: &crate::model::Relation| {
            is_given(relation.id).then(|| match &relation.key {
                Some(key) => {
                    let width = relation.columns.len();
                    let rest = (0..width).filter(|column| !key.contains(column)).collect();
                    Table::Keyed(Layout { key: key.clone(), rest }, BTreeMap::new())
                }
                None => Table::Whole(BTreeSet::new()),
            })
        };
        Facts { tables: schema.relations().iter().map(table).collect() }
    }

    /// Whether every change can be applied.
    ///
    /// # Errors
    /// The first change that cannot.
    pub fn validate(&self, schema: &Schema, transaction: &Transaction) -> Result<(), Refused> {
        transaction.changes.iter().try_for_each(|change| {
            let relation = schema.relation(change.relation());
            let name = || relation.name.clone();
            if self.tables[relation.id.index()].is_none() || !relation.is_base() {
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
        let mut net = Net::default();
        for change in changes {
            let relation = change.relation();
            let table = self.tables[relation.index()].as_mut().expect("changes are validated");
            match change {
                Change::Insert { row, .. } => {
                    let words: Vec<u64> = row.iter().map(|v| encode(v, dictionary)).collect();
                    table.insert(relation, Words::from_slice(&words), &mut net);
                }
                Change::Delete { pattern, .. } => {
                    let words: Option<Vec<Option<u64>>> = pattern
                        .iter()
                        .map(|value| match value {
                            Some(value) => find(value, dictionary).map(Some),
                            None => Some(None),
                        })
                        .collect();
                    // A text that was never met is in no fact.
                    if let Some(words) = words {
                        table.delete(relation, words, &mut net);
                    }
                }
            }
        }
        net.into_changes()
    }

    /// Makes a relation have just these rows, and adds what changed.
    pub fn replace(&mut self, relation: RelationId, rows: &[Words], changes: &mut Changes) {
        let mut net = Net::default();
        let table = self.tables[relation.index()].as_mut().expect("the relation is given");
        let width = rows.first().map_or(0, |row| row.words().len());
        let keep: FxHashSet<&Words> = rows.iter().collect();
        let gone: Vec<Words> = table.rows().filter(|row| !keep.contains(row)).collect();
        for row in gone {
            let pattern = row.words().iter().copied().map(Some).collect();
            table.delete(relation, pattern, &mut net);
        }
        for row in rows {
            assert_eq!(row.words().len(), width, "rows of one relation are of one width");
            table.insert(relation, row.clone(), &mut net);
        }
        changes.extend(net.into_changes());
    }

    /// The facts that are asked for, in no order.
    pub fn rows(&self, relation: RelationId, question: &Question) -> Vec<Words> {
        let table = self.tables[relation.index()].as_ref().expect("the relation is given");
        table.matches(question)
    }

    /// Counts the words of all facts.
    pub fn count(&self, census: &mut Census) {
        for table in self.tables.iter().flatten() {
            match table {
                Table::Whole(rows) => rows.iter().for_each(|row| census.see(row.words())),
                Table::Keyed(_, rows) => rows.iter().for_each(|(key, rest)| {
                    census.see(key.words());
                    census.see(rest.words());
                }),
            }
        }
    }

    /// Whether the relation's facts are kept here.
    pub fn has(&self, relation: RelationId) -> bool {
        self.tables[relation.index()].is_some()
    }
}

impl Table {
    fn insert(&mut self, relation: RelationId, row: Words, net: &mut Net) {
        match self {
            Table::Whole(rows) => {
                if rows.insert(row.clone()) {
                    net.add(relation, row, 1);
                }
            }
            Table::Keyed(layout, rows) => {
                let key = Words::pick(row.words(), &layout.key);
                let rest = Words::pick(row.words(), &layout.rest);
                match rows.insert(key.clone(), rest.clone()) {
                    Some(before) if before == rest => {}
                    Some(before) => {
                        net.add(relation, layout.row(&key, &before), -1);
                        net.add(relation, row, 1);
                    }
                    None => net.add(relation, row, 1),
                }
            }
        }
    }

    fn delete(&mut self, relation: RelationId, pattern: Vec<Option<u64>>, net: &mut Net) {
        for row in self.matches(&Question { pattern, most: usize::MAX }) {
            match self {
                Table::Whole(rows) => {
                    rows.remove(&row);
                }
                Table::Keyed(layout, rows) => {
                    rows.remove(&Words::pick(row.words(), &layout.key));
                }
            }
            net.add(relation, row, -1);
        }
    }

    fn matches(&self, question: &Question) -> Vec<Words> {
        let (pattern, most) = (&question.pattern, question.most);
        match self {
            Table::Whole(rows) => {
                let first = question.prefix();
                let rows = rows.range(first.clone()..);
                let rows = rows.take_while(|row| row.words().starts_with(first.words()));
                rows.filter(|row| question.fits(row)).take(most).cloned().collect()
            }
            Table::Keyed(layout, rows) => {
                let first: Vec<u64> =
                    layout.key.iter().map_while(|at| pattern.get(*at).copied().flatten()).collect();
                let rows = rows.range(Words::from_slice(&first)..);
                let rows = rows.take_while(|(key, _)| key.words().starts_with(&first));
                let rows = rows.map(|(key, rest)| layout.row(key, rest));
                rows.filter(|row| question.fits(row)).take(most).collect()
            }
        }
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Words> + '_> {
        match self {
            Table::Whole(rows) => Box::new(rows.iter().cloned()),
            Table::Keyed(layout, rows) => {
                Box::new(rows.iter().map(|(key, rest)| layout.row(key, rest)))
            }
        }
    }
}

impl Layout {
    fn row(&self, key: &Words, rest: &Words) -> Words {
        let mut row = vec![0; self.key.len() + self.rest.len()];
        self.key.iter().zip(key.words()).for_each(|(column, word)| row[*column] = *word);
        self.rest.iter().zip(rest.words()).for_each(|(column, word)| row[*column] = *word);
        Words::from_slice(&row)
    }
}

/// Changes as they add up.
#[derive(Default)]
struct Net {
    counts: Vec<(RelationId, Words, isize)>,
}

impl Net {
    fn add(&mut self, relation: RelationId, row: Words, count: isize) {
        self.counts.push((relation, row, count));
    }

    fn into_changes(mut self) -> Changes {
        consolidate(&mut self.counts);
        self.counts
    }
}

/// Sorts, adds up the counts of equal rows, and drops those that cancel.
pub fn consolidate(changes: &mut Changes) {
    changes.sort_unstable_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    changes.dedup_by(|next, first| {
        let same = next.0 == first.0 && next.1 == first.1;
        if same {
            first.2 += next.2;
        }
        same
    });
    changes.retain(|(_, _, count)| *count != 0);
}
