//! Why the store cannot do what it was asked.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;

use crate::model::Timestamp;

/// Nothing of what was asked has been done; each message says what to do.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else has the store.
    #[error(
        "the store {} is held by {holder}; stop that one first, or give another --data",
        folder.display()
    )]
    Busy { folder: PathBuf, holder: String },
    /// There is no room. What was committed is safe.
    #[error("the store's disk is full; make room, and try again: nothing is lost ({0})")]
    Full(String),
    /// The disk fails to read or write.
    #[error("the store's disk fails: {0}; see the system's log for why")]
    Disk(String),
    /// The folder or its files may not be read or written, or cannot be made.
    #[error("cannot use the store {}: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: String },
    /// A file that was to be made out of the store.
    #[error("cannot write {}: {reason}", path.display())]
    Unwritable { path: PathBuf, reason: String },
    /// There is nothing to read.
    #[error("there is no store in {}; `owed serve` makes one", folder.display())]
    NotThere { folder: PathBuf },
    /// What stands there was never written by us.
    #[error(
        "the store is damaged: {0}; keep a copy of its folder, and start from a snapshot, or see \
         with sqlite3 what can be read"
    )]
    Corrupt(String),
    /// Some other program's database, in the place of ours.
    #[error("{} is a database of some other program; give another --data", path.display())]
    Foreign { path: PathBuf },
    /// The facts in memory may no longer be those on disk: another connection committed, or
    /// restarted the log, which SQLite does not tell apart.
    #[error(
        "another program has written to the store's database; start again, so that its facts are \
         read anew, and never write to it with anything else"
    )]
    ForeignWriter,
    /// The files that we write are not those that anybody will find.
    #[error(
        "{} was removed or replaced while a server used it; what is told now would be lost: put \
         it back, and start again",
        path.display()
    )]
    Removed { path: PathBuf },
    /// Another program is writing, or holds a lock.
    #[error("another program holds a lock on the store's database; end it, and try again")]
    Locked,
    #[error(
        "the store {} has format {found}, and this program knows {known} at most; use the \
         program that wrote it, or a newer one",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The history does not reach back to the moment that was asked for.
    #[error("the history goes back to {since} only; ask for that moment or a later one")]
    Forgotten { since: Timestamp },
    #[error("a transaction takes more than a gigabyte of history; make several of it")]
    TooBig,
    /// What we have no name for.
    #[error("the store's database says: {0}")]
    Database(rusqlite::Error),
}

impl StoreError {
    /// Whether the store that said so is of no use any more: only starting again can help.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            StoreError::ForeignWriter | StoreError::Removed { .. } | StoreError::Corrupt(_)
        )
    }

    /// A file of the store that cannot be used.
    pub(super) fn of_file(path: &Path, error: &io::Error) -> StoreError {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::Full(format!("{}: {error}", path.display()))
            }
            _ => StoreError::Unreadable { path: path.to_owned(), reason: error.to_string() },
        }
    }

    /// A file beside the store that cannot be written.
    pub(super) fn of_output(path: &Path, error: &io::Error) -> StoreError {
        let reason = match error.kind() {
            io::ErrorKind::AlreadyExists => "it is there already; give another name".to_owned(),
            _ => error.to_string(),
        };
        match StoreError::of_file(path, error) {
            StoreError::Unreadable { path, .. } => StoreError::Unwritable { path, reason },
            other => other,
        }
    }

    /// Says of which file it is, where only the opening of one can tell.
    pub(super) fn of_opening(path: &Path, error: rusqlite::Error) -> StoreError {
        match code(&error) {
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                StoreError::Unreadable { path: path.to_owned(), reason: error.to_string() }
            }
            _ => StoreError::from(error),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        let text = error.to_string();
        match code(&error) {
            Some(ErrorCode::DiskFull) => StoreError::Full(text),
            // The shared index of the WAL could not grow: its writes do not tell why.
            Some(ErrorCode::SystemIoFailure) if extended(&error) == IOERR_SHMSIZE => {
                StoreError::Full(text)
            }
            Some(ErrorCode::SystemIoFailure) => StoreError::Disk(text),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(text),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked,
            Some(ErrorCode::TooBig) => StoreError::TooBig,
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                StoreError::Unreadable { path: PathBuf::from("database"), reason: text }
            }
            _ => StoreError::Database(error),
        }
    }
}

/// `SQLITE_IOERR_SHMSIZE`.
const IOERR_SHMSIZE: i32 = 10 | (19 << 8);

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error().map(|error| error.code)
}

fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}
