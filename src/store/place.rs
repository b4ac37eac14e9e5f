//! That the files which are written are those that the next server will find: whoever removes or
//! replaces one of them takes with it all that is committed from then on.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;

/// Files in their place.
#[derive(Debug)]
pub(super) struct Place(Vec<(PathBuf, Identity)>);

/// Device and number.
type Identity = (u64, u64);

impl Place {
    /// These files as they are now.
    pub fn of(paths: &[&Path]) -> Result<Place, StoreError> {
        let files = paths.iter().map(|path| {
            let wrong = |error| StoreError::of_file(path, &error);
            Ok((path.to_path_buf(), identity(path).map_err(wrong)?))
        });
        Ok(Place(files.collect::<Result<_, StoreError>>()?))
    }

    /// # Errors
    /// [`StoreError::Removed`] if one of them is not there any more.
    pub fn check(&self) -> Result<(), StoreError> {
        for (path, before) in &self.0 {
            if !identity(path).is_ok_and(|now| now == *before) {
                return Err(StoreError::Removed { path: path.clone() });
            }
        }
        Ok(())
    }
}

fn identity(path: &Path) -> std::io::Result<Identity> {
    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}
