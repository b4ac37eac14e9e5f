//! The one writer of a store. What it says it committed is on the disk.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::adoption::{Adoption, Fitting};
use super::catalog::Catalog;
use super::changes::{LayoutChanges, Net, rows_changed};
use super::error::StoreError;
use super::folder::{self, Lock};
use super::history::{self, Entry, Query};
use super::place::Place;
use super::retention::Retention;
use super::table::{Inserted, Table};
use super::wal::Wal;
use super::{database, facts::NamedFacts};
use crate::model::{
    Author, AuthorKind, Change, Duration, RelationId, Row, Schema, Timestamp, Value, crash_point,
};

/// The durable facts of a program, and their history.
#[derive(Debug)]
pub struct Store {
    // Closed before the lock is given back.
    connection: Connection,
    folder: PathBuf,
    catalog: Catalog,
    /// The name of each relation whose facts are kept, by its id.
    names: Vec<Option<String>>,
    last: Option<(u64, Timestamp)>,
    /// What SQLite says it is, for as long as nobody else writes.
    data_version: i64,
    retention: Retention,
    wal: Wal,
    /// Where the next server will look.
    place: Option<Place>,
    _lock: Lock,
}

/// What may be chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How long the history is kept; for ever if it is not said.
    pub history: Option<Duration>,
}

/// Changes that become true together.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub now: Timestamp,
    pub author: Author,
    /// In order: the last fact of a key holds.
    pub changes: Vec<Change>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The number of the transaction; of the last one before if this one changed nothing.
    pub transaction: u64,
    /// How many rows it inserted and deleted in the end.
    pub changed: usize,
}

impl Store {
    /// Opens the store in a folder, which is made if it is not there, and fits its tables to
    /// the program's inputs and observes. What that did to facts is told.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if somebody has it open, and whatever keeps the files from being
    /// read and written.
    pub fn open(
        folder: &Path,
        schema: &Schema,
        now: Timestamp,
        options: Options,
    ) -> Result<(Store, Vec<Adoption>), StoreError> {
        let lock = folder::take(folder)?;
        let path = folder::database(folder);
        let connection = database::open_to_write(&path)?;
        // Before all else: what another writes from here on is noticed.
        let data_version = data_version(&connection)?;
        let catalog = Catalog::read(&connection)?;
        let last = history::last(&connection)?;
        let retention = Retention::new(options.history, history::oldest(&connection)?);
        let wal = Wal::of(&path);
        let (folder, names) = (folder.to_owned(), Vec::new());
        let mut store = Store {
            connection,
            folder,
            catalog,
            names,
            last,
            data_version,
            retention,
            wal,
            place: None,
            _lock: lock,
        };
        let adoptions = store.adopt(schema, now)?;
        store.wal.empty(&store.connection);
        store.place = Some(Place::of(&[&path, store.wal.path()])?);
        Ok((store, adoptions))
    }

    /// Fits the tables to other rules. From now on changes are of this schema's relations.
    /// Facts that do not fit are set aside, and those that fit again come back; the history
    /// says so.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub fn adopt(&mut self, schema: &Schema, now: Timestamp) -> Result<Vec<Adoption>, StoreError> {
        let number = self.last_transaction() + 1;
        let mut catalog = self.catalog.clone();
        crash_point("store.adopt.before");
        let (adoptions, changes) = self.exclusively(|connection| {
            let net = Net::default();
            let mut fitting = Fitting { connection, catalog: &mut catalog, now, number, net };
            let adoptions = fitting.fit(schema)?;
            let changes = fitting.net.into_changes()?;
            if !changes.is_empty() {
                let author = Author::new(AuthorKind::Rules, "");
                history::append(connection, number, now, &author, &changes)?;
            }
            Ok((adoptions, changes))
        })?;
        crash_point("store.adopt.after-commit");
        self.catalog = catalog;
        let kept =
            |relation: &crate::model::Relation| relation.is_base().then(|| relation.name.clone());
        self.names = schema.relations().iter().map(kept).collect();
        if !changes.is_empty() {
            self.appended(number, now);
        }
        self.wal.checkpoint(&self.connection);
        Ok(adoptions)
    }

    /// All facts, relation by relation.
    ///
    /// # Errors
    /// If they cannot be read, or are none of the relation's.
    pub fn load(&self) -> Result<Vec<(RelationId, Vec<Row>)>, StoreError> {
        let names = self.names.iter().enumerate();
        let kept = names.filter_map(|(id, name)| Some((id, name.as_ref()?)));
        kept.map(|(id, name)| {
            let id = RelationId(u32::try_from(id).expect("ids have 32 bits"));
            Ok((id, self.table(name).rows(&self.connection)?))
        })
        .collect()
    }

    /// Makes all records durable, in order, each a transaction of its own: all or none. They
    /// are on the disk when this returns.
    ///
    /// # Errors
    /// Nothing has changed then, and the same may be tried again, but after
    /// [`StoreError::ForeignWriter`] and [`StoreError::Removed`].
    ///
    /// # Panics
    /// If a change is not of a relation of the schema that is kept, or of its types.
    pub fn commit(&mut self, records: &[Record]) -> Result<Vec<Committed>, StoreError> {
        records.iter().flat_map(|record| &record.changes).for_each(|change| self.check(change));
        let mut last = self.last;
        let mut retention = self.retention.clone();
        let committed = self.exclusively(|connection| {
            let mut committed = Vec::with_capacity(records.len());
            for record in records {
                let changes = self.apply(connection, &record.changes)?;
                crash_point("store.commit.record-applied");
                let before = last.map_or(0, |(number, _)| number);
                let changed = rows_changed(&changes);
                let transaction = if changed > 0 { before + 1 } else { before };
                if changed > 0 {
                    let Record { now, author, .. } = record;
                    history::append(connection, transaction, *now, author, &changes)?;
                    crash_point("store.commit.history-written");
                    last = Some((transaction, *now));
                    retention.appended(*now);
                }
                committed.push(Committed { transaction, changed });
            }
            if let Some(record) = records.last() {
                retention.forget(connection, record.now, records.len())?;
            }
            Ok(committed)
        })?;
        // Afterwards: it was there when this was written.
        self.place.iter().try_for_each(Place::check)?;
        self.last = last;
        self.retention = retention;
        self.wal.checkpoint(&self.connection);
        Ok(committed)
    }

    /// The number of the last transaction that changed anything; 0 before the first.
    pub fn last_transaction(&self) -> u64 {
        self.last.map_or(0, |(number, _)| number)
    }

    /// The moment of the last transaction that changed anything.
    pub fn last_moment(&self) -> Option<Timestamp> {
        self.last.map(|(_, moment)| moment)
    }

    /// The transactions that a query asks for, oldest first.
    ///
    /// # Errors
    /// If the history cannot be read.
    pub fn history(&self, query: &Query) -> Result<Vec<Entry>, StoreError> {
        history::query(&self.connection, &self.catalog, query)
    }

    /// The facts as they were after the last transaction that was not after the moment.
    ///
    /// # Errors
    /// [`StoreError::Forgotten`] if the history begins later.
    pub fn facts_at(&self, moment: Timestamp) -> Result<Vec<NamedFacts>, StoreError> {
        history::facts_at(&self.connection, &self.catalog, moment)
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn appended(&mut self, number: u64, now: Timestamp) {
        self.last = Some((number, now));
        self.retention.appended(now);
    }

    fn table(&self, name: &str) -> &Table {
        self.catalog.table(name).expect("every relation that is kept has a table")
    }

    fn table_of(&self, change: &Change) -> &Table {
        let name = self.names.get(change.relation().index()).and_then(Option::as_ref);
        self.table(name.unwrap_or_else(|| panic!("{change:?} is of no relation that is kept")))
    }

    /// Panics if the change does not fit its table.
    fn check(&self, change: &Change) {
        let columns = &self.table_of(change).columns;
        let fits = |at: usize, value: &Value| value.ty() == columns[at].ty;
        let (width, is_typed) = match change {
            Change::Insert { row, .. } => {
                (row.len(), row.iter().enumerate().all(|(at, value)| fits(at, value)))
            }
            Change::Delete { pattern, .. } => {
                let given = pattern.iter().enumerate();
                let mut given = given.filter_map(|(at, value)| Some((at, value.as_ref()?)));
                (pattern.len(), given.all(|(at, value)| fits(at, value)))
            }
        };
        assert!(width == columns.len() && is_typed, "{change:?} is not of the columns {columns:?}");
    }

    /// Applies changes in order, and gives what they come to.
    fn apply(
        &self,
        connection: &Connection,
        changes: &[Change],
    ) -> Result<Vec<LayoutChanges>, StoreError> {
        let mut net = Net::default();
        for change in changes {
            crash_point("store.commit.before-row");
            let table = self.table_of(change);
            match change {
                Change::Insert { row, .. } => {
                    match table.insert(connection, row)? {
                        Inserted::Known => continue,
                        Inserted::New => {}
                        Inserted::Replaced(before) => {
                            net.delete(table.layout, table.laid_out(&before));
                        }
                    }
                    net.insert(table.layout, table.laid_out(row));
                }
                Change::Delete { pattern, .. } => {
                    for row in table.delete(connection, pattern)? {
                        net.delete(table.layout, table.laid_out(&row));
                    }
                }
            }
        }
        net.into_changes()
    }

    /// Does something in one transaction of SQLite: all of it, or nothing if it fails.
    fn exclusively<T>(
        &self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = &self.connection;
        crash_point("store.begin.before");
        connection.execute_batch("BEGIN IMMEDIATE")?;
        crash_point("store.begin.after");
        let done = match data_version(connection) {
            Ok(version) if version == self.data_version => act(connection),
            Ok(_) => Err(StoreError::ForeignWriter),
            Err(error) => Err(error),
        };
        crash_point("store.commit.before");
        let ended = done.and_then(|done| Ok((done, connection.execute_batch("COMMIT")?)));
        crash_point("store.commit.after");
        if !connection.is_autocommit() {
            // Whatever failed said so; if this fails too, SQLite has rolled back by itself, or
            // will at the next attempt.
            let _ = connection.execute_batch("ROLLBACK");
        }
        ended.map(|(done, ())| done)
    }
}

/// A number that changes when another connection commits.
fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}
