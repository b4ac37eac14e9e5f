//! What the lines of a program's feeds may name.

use crate::feed::{OverSources, Vocabulary};
use crate::program::Program;
use crate::runtime::vocabulary_of;

/// Feeds go on top of the sources here, which are read once.
pub(super) fn vocabulary(program: &Program) -> Vocabulary<'_> {
    vocabulary_of(program, OverSources::Allowed)
}
