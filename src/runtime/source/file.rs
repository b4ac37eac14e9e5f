//! Sources that are one file: CSV and JSON lines.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::error::SourceError;
use super::place::Place;
use super::read::Reading;
use super::secret::{Filled, fill_in};
use crate::feed::{TableError, read_csv, read_jsonl};
use crate::model::{Relation, Row, SourceKind};

/// How a file's lines are read.
pub(super) type ReadTable = fn(BufReader<File>, &Relation) -> Result<Vec<Row>, TableError>;

/// The rows of a CSV file.
pub(super) fn csv(path: &str, relation: &Relation, place: &Place) -> Result<Reading, SourceError> {
    table(path, relation, place, read_csv)
}

/// The rows of a file of JSON lines.
pub(super) fn jsonl(
    path: &str,
    relation: &Relation,
    place: &Place,
) -> Result<Reading, SourceError> {
    table(path, relation, place, read_jsonl)
}

fn table(
    path: &str,
    relation: &Relation,
    place: &Place,
    read: ReadTable,
) -> Result<Reading, SourceError> {
    let filled = fill_in(path)?;
    let say = |filled: &Filled, error: &TableError| filled.error(&error.to_string());
    let file = File::open(place.folder().join(filled.reveal()));
    let file = file.map_err(|error| filled.error(&error.to_string()))?;
    let rows = read(BufReader::new(file), relation).map_err(|error| say(&filled, &error))?;
    Ok(Reading::of(rows))
}

/// The file behind a source, from the root; `None` where none is, or its name cannot be told.
pub(super) fn source_path(relation: &Relation, folder: &Path) -> Option<PathBuf> {
    match &relation.source.as_ref()?.kind {
        SourceKind::Csv { path } | SourceKind::Jsonl { path } | SourceKind::Parquet { path } => {
            std::path::absolute(folder.join(fill_in(path).ok()?.reveal())).ok()
        }
        SourceKind::Files { .. } | SourceKind::Sql { .. } | SourceKind::Exec { .. } => None,
    }
}
