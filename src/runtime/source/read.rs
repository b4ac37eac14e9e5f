//! One entry for every kind of source: its rows, as they are now.

use super::error::SourceError;
#[cfg(feature = "object-store")]
use super::objects::objects;
#[cfg(feature = "parquet")]
use super::parquet_rows::parquet;
use super::place::Place;
use super::{exec, file, files, sql};
use crate::model::{Change, Relation, Row, Source, SourceKind};

/// What a source gave: the whole relation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub rows: Vec<Row>,
    /// What was passed over, such as a file whose name says no date, and why.
    pub skipped: Vec<String>,
}

impl Reading {
    /// With nothing passed over.
    pub fn of(rows: Vec<Row>) -> Reading {
        Reading { rows, skipped: Vec::new() }
    }
}

/// All rows of a relation's source. Call it in a tokio runtime; dropped before it has ended, it
/// leaves no process behind.
///
/// # Errors
/// That it cannot be read and why; what environment variables put into a path stays unseen.
///
/// # Panics
/// If the relation has no source.
pub async fn read_source(relation: &Relation, place: &Place) -> Result<Reading, SourceError> {
    let source = relation.source.as_ref().expect("the relation has a source");
    read(relation, source, place).await.map_err(|reason| reason.of(relation))
}

/// The rows as changes to a relation that may have others.
pub fn replacement(relation: &Relation, rows: Vec<Row>) -> Vec<Change> {
    let (relation, columns) = (relation.id, relation.columns.len());
    let clear = Change::Delete { relation, pattern: vec![None; columns] };
    let inserts = rows.into_iter().map(|row| Change::Insert { relation, row });
    std::iter::once(clear).chain(inserts).collect()
}

/// The rows, or the reason alone.
async fn read(relation: &Relation, source: &Source, place: &Place) -> Result<Reading, SourceError> {
    match &source.kind {
        SourceKind::Csv { path } => on_disk(path, relation, place, file::csv).await,
        SourceKind::Jsonl { path } => on_disk(path, relation, place, file::jsonl).await,
        SourceKind::Files { pattern } if source.kind.is_remote() => {
            objects(pattern, source, relation).await
        }
        SourceKind::Files { pattern } => on_disk(pattern, relation, place, files::files).await,
        SourceKind::Exec { command } => exec::exec(command, source, relation, place).await,
        SourceKind::Sql { url, query } => sql::sql(url, query, source, relation, place).await,
        SourceKind::Parquet { path } => on_disk(path, relation, place, parquet).await,
    }
}

#[cfg(not(feature = "object-store"))]
async fn objects(_: &str, _: &Source, _: &Relation) -> Result<Reading, SourceError> {
    let why = "this program was built without object stores: cargo build --features object-store";
    Err(SourceError::new(why))
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &str, _: &Relation, _: &Place) -> Result<Reading, SourceError> {
    let why = "this program was built without Parquet: cargo build --features parquet";
    Err(SourceError::new(why))
}

/// How what is on disk is read: on a thread of its own, as disks have us wait.
type ReadDisk = fn(&str, &Relation, &Place) -> Result<Reading, SourceError>;

async fn on_disk(
    written: &str,
    relation: &Relation,
    place: &Place,
    read: ReadDisk,
) -> Result<Reading, SourceError> {
    let (written, relation, place) = (written.to_string(), relation.clone(), place.clone());
    let work = tokio::task::spawn_blocking(move || read(&written, &relation, &place));
    work.await.unwrap_or_else(|error| Err(SourceError::new(error.to_string())))
}
