//! What lines to a server may name.

use std::collections::BTreeSet;

use crate::feed::{OverSources, Vocabulary};
use crate::model::RelationId;
use crate::program::{Program, Rule};

/// What clients may write: relations have one kind of writer.
pub fn vocabulary(program: &Program) -> Vocabulary<'_> {
    vocabulary_of(program, OverSources::Refused).for_server()
}

/// What lines may write, with what the program itself says of its relations.
pub fn vocabulary_of(program: &Program, over_sources: OverSources) -> Vocabulary<'_> {
    Vocabulary::new(&program.schema, over_sources).with_stated(stated(program))
}

/// The relations whose rows are all facts of the program.
pub(super) fn stated(program: &Program) -> BTreeSet<RelationId> {
    let heads = |is_wanted: fn(&Rule) -> bool| -> BTreeSet<RelationId> {
        program.rules.iter().filter(|rule| is_wanted(rule)).map(|rule| rule.head.relation).collect()
    };
    let stated = heads(|rule| rule.body.is_empty());
    let derived = heads(|rule| !rule.body.is_empty());
    stated.difference(&derived).copied().collect()
}
