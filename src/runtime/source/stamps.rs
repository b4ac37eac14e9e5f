//! Whether files have changed since they were last read. Looking is cheap, and works on every
//! kind of file system.

use std::collections::BTreeMap;
use std::fs::metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::file::source_path;
use crate::model::Relation;

/// When a file was written, how long it is, and which one it is; `None` if it is not there.
type Stamp = Option<(i64, i64, u64, u64)>;

/// Files as they were when they were last read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stamps(BTreeMap<PathBuf, Stamp>);

impl Stamps {
    /// Files as they are now.
    pub fn of(paths: impl IntoIterator<Item = PathBuf>) -> Stamps {
        let stamped = paths.into_iter().map(|path| (path.clone(), stamp(&path)));
        Stamps(stamped.collect())
    }

    /// Files as they were before they were read, where that is known: what changed meanwhile is
    /// to be read again.
    pub fn since(before: &Stamps, paths: impl IntoIterator<Item = PathBuf>) -> Stamps {
        let then = |(path, now): (PathBuf, Stamp)| {
            let then = before.0.get(&path).copied().unwrap_or(now);
            (path, then)
        };
        Stamps(Stamps::of(paths).0.into_iter().map(then).collect())
    }

    /// A relation's source is read now.
    pub fn note(&mut self, relation: &Relation, folder: &Path) {
        if let Some(path) = source_path(relation, folder) {
            let stamp = stamp(&path);
            self.0.insert(path, stamp);
        }
    }

    /// Whether a relation's source has changed.
    pub fn has_changed(&self, relation: &Relation, folder: &Path) -> bool {
        source_path(relation, folder).is_some_and(|path| {
            let now = stamp(&path);
            self.0.get(&path).is_none_or(|before| *before != now)
        })
    }

    /// The same files, as they are now.
    pub fn fresh(&self) -> Stamps {
        Stamps(self.0.keys().map(|path| (path.clone(), stamp(path))).collect())
    }
}

fn stamp(path: &Path) -> Stamp {
    let data = metadata(path).ok()?;
    Some((data.mtime(), data.mtime_nsec(), data.len(), data.ino()))
}
