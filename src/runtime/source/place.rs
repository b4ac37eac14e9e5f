//! Where a source is read from: what a reading has of us beside its relation.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What all sources of a program share. A copy is the same place.
#[derive(Clone, Debug)]
pub struct Place {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
}

impl Place {
    /// The place of a rules file that lies in this folder.
    pub fn new(folder: &Path) -> Place {
        Place { shared: Arc::new(Shared { folder: folder.to_path_buf() }) }
    }

    /// Paths are relative to it.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }
}
