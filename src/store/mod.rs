//! The durable facts and their history, in SQLite: what is acknowledged is here, and survives.

mod adoption;
mod catalog;
mod cell;
mod changes;
#[cfg(feature = "crash-points")]
mod crash_files;
mod database;
mod error;
mod export;
mod facts;
mod folder;
mod history;
mod names;
mod place;
mod reader;
mod retention;
mod set_aside;
mod table;
mod verify;
mod wal;
mod writer;

pub use adoption::Adoption;
pub use error::StoreError;
pub use facts::{Misfit, NamedFacts, fit};
pub use history::{Entry, NamedChanges, Query, Touch};
pub use reader::{ExportFormat, Exported, Reader};
pub use verify::Verdict;
pub use writer::{Committed, Options, Record, Store};
