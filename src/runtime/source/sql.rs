//! Sources that are a query: its columns are matched by their names and types.

use std::time::Duration;

use super::error::SourceError;
use super::place::Place;
use super::read::Reading;
use super::{postgres_rows, sqlite_rows};
use crate::model::{Relation, Row, Source};
use crate::runtime::sql::Database;

/// The rows of a query.
pub(super) async fn sql(
    url: &str,
    query: &str,
    source: &Source,
    relation: &Relation,
    place: &Place,
) -> Result<Reading, SourceError> {
    let timeout = source.timeout.and_then(|timeout| timeout.to_std()).unwrap_or(TIMEOUT);
    let (database, url) = Database::find(url, place.folder())?;
    let rows = match database {
        Database::Postgres(server) => {
            let work = postgres_rows::read(&server, query, relation, timeout);
            // The server's own limit comes first, where the server is there.
            let limit = tokio::time::timeout(timeout + MARGIN, work).await;
            limit.unwrap_or_else(|_| Err(too_long(timeout)))
        }
        Database::Sqlite(path) => {
            sqlite_rows::read(path, query.to_string(), relation.clone(), timeout).await
        }
    };
    rows.map(Reading::of).map_err(|why| url.error(&why))
}

pub(super) fn too_long(limit: Duration) -> String {
    format!("the query takes longer than {limit:?}")
}

/// Which column of a query, or of a file, gives each of the relation's, by their names.
///
/// # Errors
/// Which one is missing, is there twice, or is one too many.
pub(super) fn places(
    what: &str,
    names: &[&str],
    relation: &Relation,
) -> Result<Vec<usize>, String> {
    let quoted = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        names.join(", ")
    };
    let own: Vec<&str> = relation.columns.iter().map(|column| &*column.name).collect();
    let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
    if let Some((_, name)) = twice {
        return Err(format!("the {what} gives column \"{name}\" twice"));
    }
    let missing: Vec<&str> = own.iter().copied().filter(|name| !names.contains(name)).collect();
    let extra: Vec<&str> = names.iter().copied().filter(|name| !own.contains(name)).collect();
    if missing.is_empty() && extra.is_empty() {
        let place = |name: &&str| names.iter().position(|given| given == name);
        return Ok(own.iter().filter_map(place).collect());
    }
    let mut said = Vec::new();
    if !missing.is_empty() {
        said.push(format!("the {what} does not give {}", quoted(&missing)));
    }
    if !extra.is_empty() {
        said.push(format!("relation \"{}\" has no {}", relation.name, quoted(&extra)));
    }
    Err(said.join(", and "))
}

/// A value that is missing, in a row that is counted from 1.
pub(super) fn null(column: &str, row: usize) -> String {
    format!("row {row}: column \"{column}\" is NULL; leave such rows out, or use coalesce")
}

/// Rows that a query gave.
pub(super) type Rows = Result<Vec<Row>, String>;

/// How long a query may take that nobody gave a time.
const TIMEOUT: Duration = Duration::from_secs(60);
/// For what goes over the wire before and after the query.
const MARGIN: Duration = Duration::from_secs(5);
