//! Whether files have changed since they were last read. Looking is cheap, and works on every
//! kind of file system.

use std::collections::BTreeMap;
use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When a file was written, how long it is, and which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    seconds: i64,
    nanoseconds: i64,
    bytes: u64,
    file: u64,
}

impl Stamp {
    /// As it is now; `None` if it is not there.
    pub fn of(path: &Path) -> Option<Stamp> {
        let data = metadata(path).ok()?;
        let (seconds, nanoseconds) = (data.mtime(), data.mtime_nsec());
        Some(Stamp { seconds, nanoseconds, bytes: data.len(), file: data.ino() })
    }

    /// How long it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether nobody has written to it lately.
    pub fn is_old(&self) -> bool {
        let written = u64::try_from(self.seconds).unwrap_or_default();
        let age = SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(written));
        age.is_ok_and(|age| age > OLD)
    }
}

/// Files as they were when they were last read; `None` of one that is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stamps(BTreeMap<PathBuf, Option<Stamp>>);

impl Stamps {
    /// Files as they are now.
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Stamps {
        let stamped = paths.into_iter().map(|path| (path.clone(), Stamp::of(&path)));
        Stamps(stamped.collect())
    }

    /// Files as they were before they were read, where that is known: what changed meanwhile is
    /// to be read again.
    pub fn since(before: &Stamps, paths: impl IntoIterator<Item = PathBuf>) -> Stamps {
        let then = |(path, now): (PathBuf, Option<Stamp>)| {
            let then = before.0.get(&path).copied().unwrap_or(now);
            (path, then)
        };
        Stamps(Stamps::of(paths).0.into_iter().map(then).collect())
    }

    /// A file as it was; nothing if it is not among them.
    pub fn get(&self, path: &Path) -> Option<Option<Stamp>> {
        self.0.get(path).copied()
    }

    /// The same files, as they are now.
    pub fn fresh(&self) -> Stamps {
        Stamps(self.0.keys().map(|path| (path.clone(), Stamp::of(path))).collect())
    }
}

/// What was written longer ago than this, rests.
const OLD: Duration = Duration::from_secs(2);
