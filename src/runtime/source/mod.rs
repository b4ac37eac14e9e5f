//! Sources: the rows that relations have from files, commands and databases. `read` knows which
//! kind is read where, and each kind is a file of its own; `task` keeps watch for a server.

mod all;
mod bell;
mod error;
mod exec;
mod file;
mod files;
mod first;
mod listen;
#[cfg(feature = "object-store")]
mod objects;
#[cfg(feature = "parquet")]
mod parquet_rows;
mod pattern;
mod place;
mod postgres_rows;
mod print;
mod read;
mod room;
mod secret;
mod sql;
mod sqlite_rows;
mod stamps;
mod task;
mod wakes;
mod watched_file;
mod watched_files;

pub use all::{ReadSource, read_all};
pub use bell::{Bell, Calls};
pub use error::SourceError;
pub use files::Files;
pub(super) use first::{FirstReadings, read_first};
pub use listen::{ChannelNews, listen};
pub use pattern::{PathPattern, Said};
pub use place::Place;
pub use read::{Reading, read_source, replacement};
pub use secret::{Filled, fill_in};
pub(super) use stamps::Stamps;
pub(super) use task::SourceTasks;
