//! Facts by the names of their relations and columns, and what of them fits a program.

use rusqlite::Connection;
use rustc_hash::FxHashMap;

use super::catalog::has_same_columns;
use super::error::StoreError;
use super::table::Table;
use crate::model::{Column, Relation, RelationId, Row, Schema};

/// The facts of one relation, as its columns are or were.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFacts {
    pub relation: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

/// Facts for which a program has no place.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    pub relation: String,
    /// Why, as a clause: `column "a" is new`.
    pub reason: String,
    pub rows: usize,
}

/// The facts that fit the program's relations, and those that do not. Nothing is converted.
pub fn fit(schema: &Schema, facts: Vec<NamedFacts>) -> (Vec<(RelationId, Vec<Row>)>, Vec<Misfit>) {
    let (mut fitting, mut misfits) = (Vec::new(), Vec::new());
    for NamedFacts { relation: name, columns, rows } in facts {
        let mut misfit = |reason: String, rows: usize| {
            if rows > 0 {
                misfits.push(Misfit { relation: name.clone(), reason, rows });
            }
        };
        let Some(relation) = schema.find(&name).filter(|relation| relation.is_base()) else {
            misfit(NOT_KEPT.to_owned(), rows.len());
            continue;
        };
        if let Some(reason) = difference(&columns, relation) {
            misfit(reason, rows.len());
            continue;
        }
        let rows = in_order(&columns, relation, rows);
        let (rows, clashing) = apart_by_key(rows, relation.key.as_deref());
        misfit(clash(relation), clashing.len());
        fitting.push((relation.id, rows));
    }
    (fitting, misfits)
}

/// Rows that have their key for themselves, and rows that share theirs: nobody knows which of
/// those holds.
pub(super) fn apart_by_key(rows: Vec<Row>, key: Option<&[usize]>) -> (Vec<Row>, Vec<Row>) {
    let Some(key) = key else { return (rows, Vec::new()) };
    let key_of = |row: &Row| -> Row { key.iter().map(|at| row[*at].clone()).collect() };
    let mut counts: FxHashMap<Row, usize> = FxHashMap::default();
    for row in &rows {
        *counts.entry(key_of(row)).or_default() += 1;
    }
    rows.into_iter().partition(|row| counts[&key_of(row)] == 1)
}

/// What is said of rows that share a key.
pub(super) fn clash(relation: &Relation) -> String {
    let key = relation.key.iter().flatten().map(|at| relation.columns[*at].name.as_str());
    format!("the key is ({}) now, and several facts have the same", Vec::from_iter(key).join(", "))
}

/// What is said of a relation that the rules do not have.
pub(super) const NOT_KEPT: &str = "no input or observe of that name is in the rules";

/// How the relation's columns are others than these; `None` where only their order may be.
pub(super) fn difference(columns: &[Column], relation: &Relation) -> Option<String> {
    if has_same_columns(columns, &relation.columns) {
        return None;
    }
    let named = |columns: &[Column], name: &str| columns.iter().any(|column| column.name == name);
    let mut parts = Vec::new();
    for column in columns {
        match relation.columns.iter().find(|now| now.name == column.name) {
            None => parts.push(format!("column \"{}\" is gone", column.name)),
            Some(now) if now.ty != column.ty => parts.push(format!(
                "column \"{}\" is {} now, and was {}",
                column.name, now.ty, column.ty
            )),
            Some(_) => {}
        }
    }
    let new = relation.columns.iter().filter(|column| !named(columns, &column.name));
    parts.extend(new.map(|column| format!("column \"{}\" is new", column.name)));
    Some(parts.join(", "))
}

/// The rows with their values in the order of the relation's columns, which are the same.
pub(super) fn in_order(columns: &[Column], relation: &Relation, rows: Vec<Row>) -> Vec<Row> {
    if columns == relation.columns {
        return rows;
    }
    let places: Vec<usize> = columns
        .iter()
        .map(|column| relation.column(&column.name).expect("the columns are the same"))
        .collect();
    let reorder = |row: Row| {
        let mut placed: Vec<_> = places.iter().copied().zip(row).collect();
        placed.sort_unstable_by_key(|(at, _)| *at);
        placed.into_iter().map(|(_, value)| value).collect()
    };
    rows.into_iter().map(reorder).collect()
}

/// A table's rows in the order of its layout.
pub(super) fn current(connection: &Connection, table: &Table) -> Result<Vec<Row>, StoreError> {
    Ok(table.rows(connection)?.into_iter().map(|row| table.laid_out(&row)).collect())
}

/// A table's rows with its columns, in the order of the rules.
pub(super) fn columns_and_rows(
    connection: &Connection,
    table: &Table,
) -> Result<NamedFacts, StoreError> {
    let (relation, columns) = (table.relation.clone(), table.columns.clone());
    Ok(NamedFacts { relation, columns, rows: table.rows(connection)? })
}
