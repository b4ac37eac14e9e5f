//! What may be wrong with a cluster.

use std::io;
use std::path::PathBuf;

use super::line::told;

/// Why there is no cluster, or no longer.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("cannot read {}: {source}", path.display())]
    Unread { path: PathBuf, source: io::Error },
    #[error("{}:{line}: {why}", path.display())]
    Line { path: PathBuf, line: usize, why: String },
    #[error("{} names no {what}", path.display())]
    Lacks { path: PathBuf, what: &'static str },
    #[error("the variable {name} is not set")]
    Unset { name: String },
    #[error("the secret of {place} has less than 16 bytes")]
    ShortSecret { place: String },
    #[error("{address} has no address")]
    NoAddress { address: String },
    #[error("{address} cannot be reached: {source}")]
    Unreachable { address: String, source: io::Error },
    #[error("{address} has another secret")]
    OtherSecret { address: String },
    #[error("{address} is version {theirs} of owed, and this is {ours}")]
    OtherVersion { address: String, theirs: String, ours: &'static str },
    #[error("{address} serves another leader")]
    Busy { address: String },
    #[error("{address}: {}", told(source))]
    Broken { address: String, source: io::Error },
}
