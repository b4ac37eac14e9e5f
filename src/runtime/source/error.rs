//! Why a source gave nothing.

use thiserror::Error;

/// Why a source could not be read. What environment variables gave to its path or URL is not in it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct SourceError(String);

impl SourceError {
    /// With the reason in words, from which secrets are gone already.
    pub fn new(reason: impl Into<String>) -> SourceError {
        SourceError(reason.into())
    }
}
