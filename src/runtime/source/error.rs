//! Why a source gave nothing.

use thiserror::Error;

use crate::model::Relation;

/// Why a source could not be read. What environment variables gave to its path or URL is not in it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{place}{reason}")]
pub struct SourceError {
    /// Which source it is, for whoever reads many.
    place: String,
    reason: String,
}

impl SourceError {
    /// With the reason in words, from which secrets are gone already.
    pub fn new(reason: impl Into<String>) -> SourceError {
        SourceError { place: String::new(), reason: reason.into() }
    }

    /// The same, with the relation and its source named.
    ///
    /// # Panics
    /// If the relation has no source.
    #[must_use]
    pub fn of(self, relation: &Relation) -> SourceError {
        let kind = &relation.source.as_ref().expect("the relation has a source").kind;
        let name = &relation.name;
        let place = format!("cannot read the source of relation \"{name}\", {kind}: ");
        SourceError { place, ..self }
    }

    /// The reason alone.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}
