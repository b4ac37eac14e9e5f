//! The rows of every relation that has a source, read once.

use super::failure::Failure;
use super::load::Loaded;
use super::progress::Progress;
use crate::model::{Change, Relation, Row};
use crate::runtime::{read_source, replacement};

/// A relation with its rows.
pub(super) type Table<'a> = (&'a Relation, Vec<Row>);

/// Reads all sources of a program, in the order of their relations.
pub(super) fn read_all<'a>(
    loaded: &'a Loaded,
    progress: &Progress,
) -> Result<Vec<Table<'a>>, Failure> {
    let mut tables = Vec::new();
    for relation in loaded.program.schema.relations() {
        if relation.source.is_none() {
            continue;
        }
        progress.say(format!("reading {}", relation.name));
        let rows = read_source(relation, loaded.folder()).map_err(Failure::World)?;
        tables.push((relation, rows));
    }
    Ok(tables)
}

/// The rows of tables as changes to relations that have none yet.
pub(super) fn inserts(tables: Vec<Table<'_>>) -> Vec<Change> {
    let insert = |(relation, rows): Table<'_>| {
        let relation = relation.id;
        rows.into_iter().map(move |row| Change::Insert { relation, row })
    };
    tables.into_iter().flat_map(insert).collect()
}

/// The rows of tables as changes to relations that may have others.
pub(super) fn replacements(tables: Vec<Table<'_>>) -> Vec<Change> {
    tables.into_iter().flat_map(|(relation, rows)| replacement(relation, rows)).collect()
}
