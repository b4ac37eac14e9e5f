//! Sources: the rows that relations have from files, commands and databases, read as they are now.
//! `read` knows which kind is read where; each kind is a file of its own.

mod all;
mod error;
mod file;
mod place;
mod read;
mod reader;
mod secret;
mod stamps;

pub use all::{ReadSource, read_all};
pub use error::SourceError;
pub use place::Place;
pub use read::{Reading, read_source, replacement};
pub(super) use reader::SourceReader;
pub use secret::{Filled, fill_in};
pub(super) use stamps::Stamps;
