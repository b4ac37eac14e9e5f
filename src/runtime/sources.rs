//! The rows that a relation has from its source, read as they are now.

use std::env;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::feed::{TableError, read_csv, read_jsonl};
use crate::model::{Change, Relation, Row, SourceKind};

/// All rows of a relation's source; paths are relative to the folder, that of the rules file.
///
/// # Errors
/// That it cannot be read and why; what environment variables put into a path stays unseen.
///
/// # Panics
/// If the relation has no source.
pub fn read_source(relation: &Relation, folder: &Path) -> Result<Vec<Row>, String> {
    let kind = &relation.source.as_ref().expect("the relation has a source").kind;
    read(relation, kind, folder).map_err(|reason| {
        let name = &relation.name;
        format!("cannot read the source of relation \"{name}\", {kind}: {reason}")
    })
}

/// The rows as changes to a relation that may have others.
pub fn replacement(relation: &Relation, rows: Vec<Row>) -> Vec<Change> {
    let (relation, columns) = (relation.id, relation.columns.len());
    let clear = Change::Delete { relation, pattern: vec![None; columns] };
    let inserts = rows.into_iter().map(|row| Change::Insert { relation, row });
    std::iter::once(clear).chain(inserts).collect()
}

/// The rows, or the reason without the path that was filled in.
fn read(relation: &Relation, kind: &SourceKind, folder: &Path) -> Result<Vec<Row>, String> {
    let open = |path: &str| {
        let path = folder.join(fill_in(path)?);
        File::open(path).map(BufReader::new).map_err(|error| error.to_string())
    };
    let say = |error: TableError| error.to_string();
    match kind {
        SourceKind::Csv { path } => read_csv(open(path)?, relation).map_err(say),
        SourceKind::Jsonl { path } => read_jsonl(open(path)?, relation).map_err(say),
        SourceKind::Parquet { .. }
        | SourceKind::Files { .. }
        | SourceKind::Sql { .. }
        | SourceKind::Exec { .. } => Err("this command reads csv and jsonl only".to_string()),
    }
}

/// The file behind a source; `None` where none is, or its name cannot be told.
pub(super) fn source_path(relation: &Relation, folder: &Path) -> Option<PathBuf> {
    match &relation.source.as_ref()?.kind {
        SourceKind::Csv { path } | SourceKind::Jsonl { path } => {
            Some(folder.join(fill_in(path).ok()?))
        }
        SourceKind::Parquet { .. }
        | SourceKind::Files { .. }
        | SourceKind::Sql { .. }
        | SourceKind::Exec { .. } => None,
    }
}

/// Puts the values of environment variables where the path says `$NAME`.
fn fill_in(path: &str) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = path;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let length = rest
            .find(|next: char| !(next.is_ascii_alphanumeric() || next == '_'))
            .unwrap_or(rest.len());
        let name = &rest[..length];
        if name.is_empty() {
            return Err("a `$` without a name after it".to_string());
        }
        match env::var(name) {
            Ok(value) => filled.push_str(&value),
            Err(env::VarError::NotPresent) => {
                return Err(format!("the environment variable {name} is not set"));
            }
            Err(env::VarError::NotUnicode(_)) => {
                return Err(format!("the environment variable {name} is not UTF-8"));
            }
        }
        rest = &rest[length..];
    }
    filled.push_str(rest);
    Ok(filled)
}
