//! The database's file: how it is opened, what says that it is ours, and its own tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::StoreError;
use crate::model::crash_point;

/// "owed", in SQLite's header.
const APPLICATION_ID: i64 = 0x6f77_6564;
/// What `user_version` says.
const FORMAT: i64 = 1;
/// For how long somebody else's lock is waited for.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(2);
const STATEMENTS_MAX: usize = 2_000;

/// The tables beside those of the relations. Times are RFC 3339 in UTC.
const TABLES: &str = "
CREATE TABLE owed_relation (
    relation TEXT PRIMARY KEY,   -- the name in the rules
    table_name TEXT NOT NULL UNIQUE,
    columns TEXT NOT NULL,       -- JSON: name and type in the rules, column in the table
    key TEXT,                    -- JSON: names of columns; NULL where the whole row is the key
    layout INTEGER NOT NULL REFERENCES owed_layout
) STRICT, WITHOUT ROWID;
CREATE TABLE owed_layout (       -- what rows look like in owed_history.changes
    layout INTEGER PRIMARY KEY,
    relation TEXT NOT NULL,
    columns TEXT NOT NULL        -- JSON: name and type
) STRICT;
CREATE TABLE owed_history (
    number INTEGER PRIMARY KEY,  -- of the transaction
    moment TEXT NOT NULL,
    author_kind TEXT NOT NULL,
    author TEXT NOT NULL,
    changes BLOB NOT NULL        -- a byte for the format, then bincode: owed history shows it
) STRICT;
CREATE TABLE owed_forgotten (    -- the last transaction that the history no longer has
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL,
    moment TEXT NOT NULL
) STRICT;
CREATE TABLE owed_set_aside (    -- facts that did not fit when the rules changed
    id INTEGER PRIMARY KEY,
    relation TEXT NOT NULL,
    moment TEXT NOT NULL,
    reason TEXT NOT NULL,
    row TEXT NOT NULL,           -- JSON by column; durations in microseconds
    layout INTEGER NOT NULL REFERENCES owed_layout,
    number INTEGER NOT NULL      -- the transaction that set it aside
) STRICT;
CREATE INDEX owed_set_aside_relation ON owed_set_aside (relation);
";

/// Opens the writer's connection, and makes the tables if there are none.
pub(super) fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    #[cfg(feature = "crash-points")]
    super::crash_files::install();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = open(path, flags)?;
    let is_new = is_new(&connection, path)?;
    // Checkpoints are made by hand: see `Wal`.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;",
    )?;
    if is_new {
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        crash_point("store.tables.before-mark");
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
        crash_point("store.tables.before-commit");
        transaction.commit()?;
        crash_point("store.tables.after-commit");
    }
    Ok(connection)
}

/// Opens a connection that changes nothing, also beside a writer.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    match is_new(&connection, path)? {
        true => {
            Err(StoreError::NotThere { folder: path.parent().unwrap_or(Path::new(".")).to_owned() })
        }
        false => Ok(connection),
    }
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let wrong = |error| StoreError::of_opening(path, error);
    let connection = Connection::open_with_flags(path, flags).map_err(wrong)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // The first look at the file itself.
    let read = connection.pragma_query_value(None, "schema_version", |row| row.get::<_, i64>(0));
    read.map_err(wrong)?;
    Ok(connection)
}

/// Whether nothing was ever written here.
///
/// # Errors
/// If it was, by another program, or by a later one of ours.
fn is_new(connection: &Connection, path: &Path) -> Result<bool, StoreError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (id, format) = (number("application_id")?, number("user_version")?);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
    match (id, format) {
        (0, 0) if tables == 0 => Ok(true),
        (APPLICATION_ID, FORMAT) => Ok(false),
        (APPLICATION_ID, found) if found > FORMAT => {
            Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT })
        }
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}
