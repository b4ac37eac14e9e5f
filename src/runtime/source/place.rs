//! Where a source is read from: what a reading has of us beside its relation.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::bell::Bell;
use crate::model::RelationId;
use crate::runtime::process::Guard;

/// What all sources of a program share. A copy is the same place.
#[derive(Clone, Debug)]
pub struct Place {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// What clears up after commands; started for the first one, where none was given.
    guard: Mutex<Option<Arc<Guard>>>,
    bells: Mutex<BTreeMap<RelationId, Bell>>,
}

impl Place {
    /// The place of a rules file that lies in this folder.
    pub fn new(folder: &Path) -> Place {
        Place::of(folder, None)
    }

    /// The same, where commands have a guard already.
    pub fn guarded(folder: &Path, guard: Arc<Guard>) -> Place {
        Place::of(folder, Some(guard))
    }

    fn of(folder: &Path, guard: Option<Arc<Guard>>) -> Place {
        let (folder, guard) = (folder.to_path_buf(), Mutex::new(guard));
        Place { shared: Arc::new(Shared { folder, guard, bells: Mutex::default() }) }
    }

    /// Paths are relative to it.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// What kills the commands of sources if we are gone.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn guard(&self) -> io::Result<Arc<Guard>> {
        let mut guard = self.shared.guard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(guard) = &*guard {
            return Ok(guard.clone());
        }
        let started = Arc::new(Guard::start_own()?);
        *guard = Some(started.clone());
        Ok(started)
    }

    /// What has a relation's source read again at once, when it is rung: for whoever hears that
    /// something has changed there. Nobody listens to it where sources are read once.
    pub fn bell(&self, relation: RelationId) -> Bell {
        let mut bells = self.shared.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.entry(relation).or_default().clone()
    }
}
