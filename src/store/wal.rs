//! SQLite's write-ahead log: when it is brought into the database and emptied. A log that was
//! brought in is never left standing, so that a damaged end of it can only take commits away,
//! and never mixes what was with what is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;

use crate::model::crash_point;

/// The log beside a database.
#[derive(Debug)]
pub(super) struct Wal {
    path: PathBuf,
    /// At which size it is brought in next.
    limit_bytes: u64,
}

const STEP_BYTES: u64 = 8 << 20;

impl Wal {
    /// The log of that database.
    pub fn of(database: &Path) -> Wal {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Wal { path: PathBuf::from(path), limit_bytes: STEP_BYTES }
    }

    /// Its file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Empties the log if it is long. What was committed is as durable as before, so that a
    /// failure is no concern of who commits: it is tried again when the log has grown more.
    pub fn checkpoint(&mut self, connection: &Connection) {
        if self.size() >= self.limit_bytes {
            self.empty(connection);
        }
    }

    /// Empties the log, if it can be done now.
    pub fn empty(&mut self, connection: &Connection) {
        // Nobody is waited for: a reader may take long.
        let wait = connection.busy_timeout(Duration::ZERO);
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        crash_point("store.checkpoint.before");
        let is_busy =
            wait.and_then(|()| connection.query_row(sql, [], |row| row.get::<_, bool>(0)));
        crash_point("store.checkpoint.after");
        let waits_again = connection.busy_timeout(super::database::LOCK_WAIT);
        self.limit_bytes = match is_busy {
            Ok(false) if waits_again.is_ok() => STEP_BYTES,
            _ => self.size() + STEP_BYTES,
        };
    }

    fn size(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |file| file.len())
    }
}
