//! Which store is meant, and facts out of it.

use std::env;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::talk;
use crate::model::{Change, RelationId, Row, Schema, Timestamp};
use crate::store::{Reader, StoreError, fit};

/// Where the store is.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Data {
    /// The store's folder; $OWED_DATA by default, and ./owed-data if that is not set
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Data {
    /// The store's folder.
    pub(super) fn folder(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(default_folder)
    }
}

/// The store's folder where no other is named.
pub(super) fn default_folder() -> PathBuf {
    let named = env::var_os("OWED_DATA").filter(|named| !named.is_empty());
    named.map_or_else(|| PathBuf::from("owed-data"), PathBuf::from)
}

/// The facts of a store as changes to relations that have none yet: those there are, or those
/// of a moment. What the program has no place for is left out, and said.
pub(super) fn read(
    folder: &Path,
    at: Option<Timestamp>,
    schema: &Schema,
) -> Result<Vec<Change>, Failure> {
    let reader = Reader::open(folder)?;
    let facts = match at {
        Some(moment) => reader.facts_at(moment)?,
        None => reader.facts()?,
    };
    let (fitting, misfits) = fit(schema, facts);
    for misfit in misfits.iter().filter(|misfit| !is_of_server(&misfit.relation)) {
        let facts = if misfit.rows == 1 { "fact is" } else { "facts are" };
        talk::warning(&format!(
            "relation \"{}\" of the store: {}; its {} {facts} left out",
            misfit.relation, misfit.reason, misfit.rows
        ));
    }
    let inserts = fitting.into_iter().flat_map(|(relation, rows): (RelationId, Vec<Row>)| {
        rows.into_iter().map(move |row| Change::Insert { relation, row })
    });
    Ok(inserts.collect())
}

/// Whether it is a relation that `serve` adds to every program.
fn is_of_server(name: &str) -> bool {
    name.split_once('.').is_some_and(|(prefix, _)| prefix.trim_end_matches('_') == "owed")
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::Busy { .. } => Failure::Busy(error.to_string()),
            other => Failure::World(other.to_string()),
        }
    }
}
