//! Looking into a store, also while somebody writes to it: every look sees one state.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::catalog::Catalog;
use super::error::StoreError;
use super::facts::{NamedFacts, columns_and_rows};
use super::folder::{self, private, sync};
use super::history::{self, Entry, Query};
use super::verify::{self, Verdict};
use super::{database, export};
use crate::model::{Timestamp, crash_point};

/// A store that is only read.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

/// What the files of an export look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Csv,
    Jsonl,
}

/// A relation's file in an export.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    pub relation: String,
    pub rows: usize,
    /// `None` where the format cannot say what is there: rows without columns in csv.
    pub file: Option<PathBuf>,
}

impl Reader {
    /// Opens the store in a folder.
    ///
    /// # Errors
    /// [`StoreError::NotThere`] if there is none, and whatever keeps it from being read.
    pub fn open(folder: &Path) -> Result<Reader, StoreError> {
        if !folder::is_there(folder)? {
            return Err(StoreError::NotThere { folder: folder.to_owned() });
        }
        Ok(Reader { connection: database::open_to_read(&folder::database(folder))? })
    }

    /// All facts, in the order of their relations' names.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn facts(&self) -> Result<Vec<NamedFacts>, StoreError> {
        self.look(|connection, catalog| {
            catalog.tables.iter().map(|table| columns_and_rows(connection, table)).collect()
        })
    }

    /// The facts as they were after the last transaction that was not after the moment.
    ///
    /// # Errors
    /// [`StoreError::Forgotten`] if the history begins later.
    pub fn facts_at(&self, moment: Timestamp) -> Result<Vec<NamedFacts>, StoreError> {
        self.look(|connection, catalog| history::facts_at(connection, catalog, moment))
    }

    /// The transactions that a query asks for, oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn history(&self, query: &Query) -> Result<Vec<Entry>, StoreError> {
        self.look(|connection, catalog| history::query(connection, catalog, query))
    }

    /// Since when the history is whole: the moment of the last transaction that is no longer kept;
    /// `None` if all of them are.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn kept_since(&self) -> Result<Option<Timestamp>, StoreError> {
        let forgotten = self.look(|connection, _| history::forgotten(connection))?;
        Ok(forgotten.map(|(_, moment)| moment))
    }

    /// Reads all there is, and holds it against itself.
    ///
    /// # Errors
    /// If it cannot be read at all; what is wrong with it is in the verdict.
    pub fn verify(&self) -> Result<Verdict, StoreError> {
        self.look(verify::verify)
    }

    /// Writes the whole store, history and all, to a new file that is a store's database again.
    /// It is durable when this returns.
    ///
    /// # Errors
    /// If the file is there already, or cannot be written; it is not left half written.
    pub fn snapshot(&self, file: &Path) -> Result<(), StoreError> {
        let wrong = |error: &std::io::Error| StoreError::of_output(file, error);
        private().create_new(true).open(file).map_err(|error| wrong(&error))?;
        crash_point("store.snapshot.file-made");
        let written = self.write_snapshot(file).and_then(|()| {
            crash_point("store.snapshot.before-sync");
            let synced = fs::File::open(file).and_then(|file| file.sync_all());
            synced.map_err(|error| wrong(&error))?;
            sync(file.parent().filter(|above| !above.as_os_str().is_empty()))
        });
        if written.is_err() {
            // What is wrong has a reason of its own.
            let _ = fs::remove_file(file);
        }
        written
    }

    /// Writes each relation to a file of its own in a folder, which is made if it is not there.
    /// Files that are there are written anew.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn export(&self, folder: &Path, format: ExportFormat) -> Result<Vec<Exported>, StoreError> {
        self.look(|connection, catalog| export::export(connection, catalog, folder, format))
    }

    fn write_snapshot(&self, file: &Path) -> Result<(), StoreError> {
        let path = file.to_str().ok_or_else(|| StoreError::Unwritable {
            path: file.to_owned(),
            reason: "its name is not UTF-8".to_owned(),
        })?;
        let written = self.connection.execute("VACUUM INTO ?1", [path]);
        written.map_err(|error| StoreError::of_opening(file, error))?;
        Ok(())
    }

    /// Looks at one state, whatever is written meanwhile.
    fn look<T>(
        &self,
        look: impl FnOnce(&Connection, &Catalog) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.connection.unchecked_transaction()?;
        let catalog = Catalog::read(&transaction)?;
        look(&transaction, &catalog)
    }
}
