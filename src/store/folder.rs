//! The store's folder: for its owner alone, and for one writer at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::error::StoreError;
use crate::model::crash_point;

/// The writer's right to the folder, for as long as this lives; a process that dies loses it.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// The database's file in a store's folder.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("owed.db")
}

/// Makes the folder and an empty database where there are none, readable by their owner only,
/// and takes the writer's place in it.
pub(super) fn take(folder: &Path) -> Result<Lock, StoreError> {
    if !folder.is_dir() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| StoreError::of_file(folder, &error))?;
        crash_point("store.folder.made");
        sync(folder.parent().filter(|above| !above.as_os_str().is_empty()))?;
    } else if fs::metadata(folder).is_ok_and(|found| found.mode() & 0o077 != 0) {
        let private = fs::Permissions::from_mode(0o700);
        let closed = fs::set_permissions(folder, private);
        closed.map_err(|error| StoreError::of_file(folder, &error))?;
    }
    let lock = lock(folder)?;
    crash_point("store.folder.locked");
    let database = database(folder);
    if !database.exists() {
        private().open(&database).map_err(|error| StoreError::of_file(&database, &error))?;
        crash_point("store.file.before-sync");
        sync(Some(folder))?;
        crash_point("store.file.after-sync");
    }
    Ok(lock)
}

/// A file of our own that nobody else may read.
pub(super) fn private() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: Option<&Path>) -> Result<(), StoreError> {
    let folder = folder.unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|open| open.sync_all());
    synced.map_err(|error| StoreError::of_file(folder, &error))
}

/// A program that a killed writer was just starting has its files until it begins.
const HEIR_PAUSE: Duration = Duration::from_millis(1);
const HEIR_PAUSES_MAX: usize = 5_000;

fn lock(folder: &Path) -> Result<Lock, StoreError> {
    let path = folder.join("lock");
    let wrong = |error: &std::io::Error| StoreError::of_file(&path, error);
    let mut file = private().open(&path).map_err(|error| wrong(&error))?;
    let mut pauses = 0;
    while let Err(why) = file.try_lock() {
        if let TryLockError::Error(error) = &why {
            return Err(wrong(error));
        }
        let holder = holder(&mut file);
        let is_gone = holder.is_some_and(|holder| kill(holder, None) == Err(Errno::ESRCH));
        if !is_gone || pauses == HEIR_PAUSES_MAX {
            let holder = match holder {
                Some(holder) if is_gone => format!("a child of process {holder}"),
                Some(holder) => format!("process {holder}"),
                None => String::from("another process"),
            };
            return Err(StoreError::Busy { folder: folder.to_owned(), holder });
        }
        thread::sleep(HEIR_PAUSE);
        pauses += 1;
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|error| wrong(&error))?;
    Ok(Lock { _file: file })
}

/// Who says in the lock file that it is theirs.
fn holder(file: &mut File) -> Option<Pid> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.trim().parse().ok().map(Pid::from_raw)
}

/// Whether there is a store to read.
pub(super) fn is_there(folder: &Path) -> Result<bool, StoreError> {
    let database = database(folder);
    match fs::metadata(&database) {
        Ok(found) => Ok(found.len() > 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::of_file(&database, &error)),
    }
}
