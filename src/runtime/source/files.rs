//! Files as rows: one walk finds all whose paths a pattern describes, and what is heard of single
//! paths later is put right in it.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::ops::Bound;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::error::SourceError;
use super::pattern::{PathPattern, Places, Said};
use super::place::Place;
use super::read::Reading;
use super::secret::{Filled, fill_in};
use crate::model::{Relation, Row, Timestamp, Value};

/// The files of a pattern, as they were found.
#[derive(Clone, Debug)]
pub struct Files {
    pattern: PathPattern,
    filled: Filled,
    /// From the root of all paths.
    root: PathBuf,
    width: usize,
    /// The columns that a file itself tells.
    from_file: Vec<(usize, FromFile)>,
    found: BTreeMap<PathBuf, Row>,
    skipped: BTreeMap<PathBuf, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FromFile {
    Bytes,
    Modified,
}

/// The rows of all files that a pattern describes.
pub(super) fn files(
    written: &str,
    relation: &Relation,
    place: &Place,
) -> Result<Reading, SourceError> {
    let mut files = Files::of(written, relation, place)?;
    files.walk()?;
    Ok(files.reading())
}

impl Files {
    /// Those of a pattern, none of which is found yet.
    ///
    /// # Errors
    /// If an environment variable is not set.
    pub fn of(written: &str, relation: &Relation, place: &Place) -> Result<Files, SourceError> {
        let filled = fill_in(written)?;
        let pattern = PathPattern::parse(filled.reveal(), relation)?;
        let folder = place.folder().join(pattern.root());
        let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
        let root = std::path::absolute(folder).map_err(|error| filled.error(&error.to_string()))?;
        let from_file = [("bytes", FromFile::Bytes), ("modified", FromFile::Modified)];
        let from_file = from_file.into_iter().filter_map(|(name, what)| {
            let place = relation.column(name).filter(|place| !pattern.names(*place))?;
            Some((place, what))
        });
        let from_file = from_file.collect();
        let width = relation.columns.len();
        let (found, skipped) = (BTreeMap::new(), BTreeMap::new());
        Ok(Files { pattern, filled, root, width, from_file, found, skipped })
    }

    /// The folder that all are in, from the root of all paths.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether they may be in folders below it.
    pub fn is_deep(&self) -> bool {
        self.pattern.is_deep()
    }

    /// Finds all of them. Folders that the pattern cannot mean are not gone into.
    ///
    /// # Errors
    /// If a folder cannot be listed or a file not be looked at; what was found before stays then.
    pub fn walk(&mut self) -> Result<(), SourceError> {
        let (mut found, mut skipped) = (BTreeMap::new(), BTreeMap::new());
        let mut open = vec![(PathBuf::new(), self.pattern.start())];
        while let Some((folder, places)) = open.pop() {
            let entries = match fs::read_dir(self.root.join(&folder)) {
                // It went away while we walked.
                Err(error) if is_gone(&error) && folder != Path::new("") => continue,
                entries => entries.map_err(|error| self.cannot("list", &folder, &error))?,
            };
            for entry in entries {
                let entry = entry.map_err(|error| self.cannot("list", &folder, &error))?;
                let file_name = entry.file_name();
                let Some(name) = file_name.to_str() else { continue };
                let path = folder.join(name);
                let is_file = self.pattern.has_file(&places, name);
                let below = self.pattern.enter(&places, name);
                if !is_file && below.is_empty() {
                    continue;
                }
                match self.kind(&entry) {
                    Ok(Kind::Folder) if !below.is_empty() => open.push((path, below)),
                    Ok(Kind::File) if is_file => {
                        let seen = self.see(&path);
                        keep(seen, path, &mut found, &mut skipped, self)?;
                    }
                    Ok(_) => {}
                    Err(error) if is_gone(&error) => {}
                    Err(error) => return Err(self.cannot("look at", &path, &error)),
                }
            }
        }
        (self.found, self.skipped) = (found, skipped);
        Ok(())
    }

    /// Puts right what is known of one path, relative to the root; tells whether it has changed.
    ///
    /// # Errors
    /// If it cannot be looked at.
    pub fn look_at(&mut self, path: &Path) -> Result<bool, SourceError> {
        let before = (self.found.remove(path), self.skipped.remove(path));
        if self.reaches(path) {
            let is_file = fs::metadata(self.root.join(path)).map(|found| found.is_file());
            let seen = is_file.and_then(|is_file| match is_file {
                true => self.see(path),
                false => Ok(Seen::Nothing),
            });
            let (mut found, mut skipped) =
                (std::mem::take(&mut self.found), std::mem::take(&mut self.skipped));
            let kept = keep(seen, path.to_path_buf(), &mut found, &mut skipped, self);
            (self.found, self.skipped) = (found, skipped);
            kept?;
        }
        Ok((self.found.get(path), self.skipped.get(path)) != (before.0.as_ref(), before.1.as_ref()))
    }

    /// Whether something was found below a path, so that it was a folder.
    pub fn is_folder(&self, path: &Path) -> bool {
        let from = (Bound::Excluded(path), Bound::Unbounded);
        let next = self.found.range::<Path, _>(from).next();
        next.is_some_and(|(next, _)| next.starts_with(path))
    }

    /// What was found.
    pub fn reading(&self) -> Reading {
        let told = |(path, why): (&PathBuf, &String)| {
            let path = self.pattern.root().join(path);
            self.filled.hide(&format!("{}: {why}", path.display()))
        };
        Reading {
            rows: self.found.values().cloned().collect(),
            skipped: self.skipped.iter().map(told).collect(),
        }
    }

    /// Whether a walk would come to this path.
    fn reaches(&self, path: &Path) -> bool {
        let mut names = path.iter().map(|name| name.to_str());
        let Some(Some(file)) = names.next_back() else { return false };
        let places = names.try_fold(self.pattern.start(), |places: Places, name| {
            Some(self.pattern.enter(&places, name?))
        });
        places.is_some_and(|places| self.pattern.has_file(&places, file))
    }

    fn kind(&self, entry: &fs::DirEntry) -> io::Result<Kind> {
        let own = entry.file_type()?;
        if !own.is_symlink() {
            return Ok(Kind::of(own));
        }
        let kind = Kind::of(fs::metadata(entry.path())?.file_type());
        // Below `**` a link may lead round in a circle.
        Ok(if kind == Kind::Folder && self.pattern.is_endless() { Kind::Other } else { kind })
    }

    /// What a file's path and the file say.
    fn see(&self, path: &Path) -> io::Result<Seen> {
        let values = match self.pattern.read(path) {
            Said::Nothing => return Ok(Seen::Nothing),
            Said::Wrong(why) => return Ok(Seen::Wrong(why)),
            Said::Values(values) => values,
        };
        let mut row = vec![Value::Bool(false); self.width];
        for (place, value) in values {
            row[place] = value;
        }
        if !self.from_file.is_empty() {
            let metadata = fs::metadata(self.root.join(path))?;
            for (place, what) in &self.from_file {
                row[*place] = what.value(&metadata);
            }
        }
        Ok(Seen::Row(row))
    }

    fn cannot(&self, what: &str, path: &Path, error: &io::Error) -> SourceError {
        let root = self.pattern.root();
        let path = match (root.as_os_str().is_empty(), path.as_os_str().is_empty()) {
            (true, true) => PathBuf::from("."),
            (false, true) => root.to_path_buf(),
            (_, false) => root.join(path),
        };
        self.filled.error(&format!("cannot {what} {}: {error}", path.display()))
    }
}

/// What became of a path.
enum Seen {
    Nothing,
    Row(Row),
    Wrong(String),
}

fn keep(
    seen: io::Result<Seen>,
    path: PathBuf,
    found: &mut BTreeMap<PathBuf, Row>,
    skipped: &mut BTreeMap<PathBuf, String>,
    files: &Files,
) -> Result<(), SourceError> {
    match seen {
        Ok(Seen::Nothing) => {}
        Ok(Seen::Row(row)) => drop(found.insert(path, row)),
        Ok(Seen::Wrong(why)) => drop(skipped.insert(path, why)),
        Err(error) if is_gone(&error) => {}
        Err(error) => return Err(files.cannot("look at", &path, &error)),
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Other,
}

impl Kind {
    fn of(file_type: fs::FileType) -> Kind {
        match (file_type.is_file(), file_type.is_dir()) {
            (true, _) => Kind::File,
            (_, true) => Kind::Folder,
            (false, false) => Kind::Other,
        }
    }
}

impl FromFile {
    fn value(self, metadata: &Metadata) -> Value {
        match self {
            FromFile::Bytes => Value::Int(i64::try_from(metadata.len()).unwrap_or(i64::MAX)),
            FromFile::Modified => {
                let micros = metadata.mtime().saturating_mul(1_000_000);
                let micros = micros.saturating_add(metadata.mtime_nsec() / 1_000);
                Value::Time(Timestamp::from_micros(micros).unwrap_or(Timestamp::MIN))
            }
        }
    }
}

/// Whether nothing is there, or nothing any more.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
