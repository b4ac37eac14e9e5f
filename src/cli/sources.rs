//! The rows of every relation that has a source, read once.

use std::env;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::failure::Failure;
use super::load::Loaded;
use super::progress::Progress;
use crate::feed::{TableError, read_csv, read_jsonl};
use crate::model::{Change, Relation, Row, SourceKind};

/// A relation with its rows.
pub(super) type Table<'a> = (&'a Relation, Vec<Row>);

/// Reads all sources of a program, in the order of their relations.
pub(super) fn read_all<'a>(
    loaded: &'a Loaded,
    progress: &Progress,
) -> Result<Vec<Table<'a>>, Failure> {
    let mut tables = Vec::new();
    for relation in loaded.program.schema.relations() {
        let Some(source) = &relation.source else { continue };
        progress.say(format!("reading {}", relation.name));
        let rows = read(relation, &source.kind, loaded.folder());
        tables.push((
            relation,
            rows.map_err(|reason| {
                Failure::World(format!(
                    "cannot read the source of relation \"{}\", {}: {reason}",
                    relation.name, source.kind
                ))
            })?,
        ));
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
    let clear = |(relation, _): &Table<'_>| Change::Delete {
        relation: relation.id,
        pattern: vec![None; relation.columns.len()],
    };
    let cleared: Vec<Change> = tables.iter().map(clear).collect();
    cleared.into_iter().chain(inserts(tables)).collect()
}

/// The rows, or the reason without the path: environment variables in it stay unseen.
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
