//! Why a source gave nothing.

use thiserror::Error;

use crate::model::Relation;

/// Why a source could not be read. What environment variables gave to its path or URL is not in it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct SourceError(String);

impl SourceError {
    /// With the reason in words, from which secrets are gone already.
    pub fn new(reason: impl Into<String>) -> SourceError {
        SourceError(reason.into())
    }

    /// The same, with the relation and its source named.
    ///
    /// # Panics
    /// If the relation has no source.
    #[must_use]
    pub fn of(&self, relation: &Relation) -> SourceError {
        let kind = &relation.source.as_ref().expect("the relation has a source").kind;
        let (name, reason) = (&relation.name, &self.0);
        SourceError(format!("cannot read the source of relation \"{name}\", {kind}: {reason}"))
    }
}
