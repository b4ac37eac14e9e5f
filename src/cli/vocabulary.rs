//! What the lines of a program's feeds may name.

use std::collections::BTreeSet;

use crate::feed::{OverSources, Vocabulary};
use crate::model::RelationId;
use crate::program::{Program, Rule};

/// Feeds go on top of the sources here, which are read once.
pub(super) fn vocabulary(program: &Program) -> Vocabulary<'_> {
    let heads = |is_wanted: fn(&Rule) -> bool| -> BTreeSet<RelationId> {
        program.rules.iter().filter(|rule| is_wanted(rule)).map(|rule| rule.head.relation).collect()
    };
    let stated = heads(|rule| rule.body.is_empty());
    let derived = heads(|rule| !rule.body.is_empty());
    let only_stated = stated.difference(&derived).copied().collect();
    Vocabulary::new(&program.schema, OverSources::Allowed).with_stated(only_stated)
}
