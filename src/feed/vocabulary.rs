//! Which relations a feed may change, and whom to tell of when it may not.

use std::collections::BTreeSet;

use super::mistake::nearest;
use super::{Mistake, upkeep};
use crate::model::{Change, Relation, RelationId, RelationKind, Schema};

/// The relations that lines may name.
#[derive(Clone, Debug)]
pub struct Vocabulary<'a> {
    schema: &'a Schema,
    over_sources: OverSources,
    /// Relations whose rows are all stated in the program.
    stated: BTreeSet<RelationId>,
}

/// Whether lines may change relations that have a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverSources {
    /// A relation has one kind of writer.
    Refused,
    /// Sources are read once, and lines go on top.
    Allowed,
}

impl<'a> Vocabulary<'a> {
    /// The inputs and observed relations of a schema.
    pub fn new(schema: &'a Schema, over_sources: OverSources) -> Vocabulary<'a> {
        Vocabulary { schema, over_sources, stated: BTreeSet::new() }
    }

    /// The same, where the rows of these relations are facts of the program, and no rule has
    /// them for its head.
    pub fn with_stated(self, stated: BTreeSet<RelationId>) -> Vocabulary<'a> {
        Vocabulary { stated, ..self }
    }

    /// The schema behind it.
    pub fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The relation of that name, if lines may change it.
    pub(super) fn writable(&self, name: &str) -> Result<&'a Relation, Mistake> {
        let Some(relation) = self.schema.find(name) else {
            let names = self.schema.relations().iter().map(|relation| relation.name.as_str());
            let mistake = Mistake::new(format!("unknown relation \"{name}\""));
            return Err(match nearest(name, names) {
                Some(hint) => mistake.hint(hint),
                None => mistake.hint(self.writable_names()),
            });
        };
        match self.other_writer(relation) {
            Some(writer) => Err(Mistake::new(format!("relation \"{name}\" is {writer}"))),
            None => Ok(relation),
        }
    }

    /// Whether a change may say what it says.
    pub(super) fn check(&self, change: &Change) -> Result<(), Mistake> {
        match change {
            Change::Insert { relation, row } => {
                let relation = self.schema.relation(*relation);
                match self.goal_of(relation) {
                    Some((_, name)) => upkeep::check(name, relation, row),
                    None => Ok(()),
                }
            }
            Change::Delete { .. } => Ok(()),
        }
    }

    /// A goal's name, and what stands behind it in the name of one of its relations.
    fn goal_of(&self, relation: &'a Relation) -> Option<(&'a str, &'a str)> {
        relation.name.rsplit_once('.').filter(|(goal, _)| self.schema.find(goal).is_some())
    }

    fn other_writer(&self, relation: &Relation) -> Option<String> {
        match relation.kind {
            RelationKind::Builtin => Some("written by the engine itself".to_string()),
            RelationKind::Derived => Some(match self.goal_of(relation) {
                Some((goal, _)) => format!("derived by the clauses of goal \"{goal}\""),
                None if self.stated.contains(&relation.id) => {
                    "stated by the facts of the program".to_string()
                }
                None => "derived by the program's rules and facts".to_string(),
            }),
            RelationKind::Input | RelationKind::Observe => match &relation.source {
                Some(source) if self.over_sources == OverSources::Refused => {
                    Some(format!("written by its source, {}", source.kind))
                }
                _ => None,
            },
        }
    }

    fn writable_names(&self) -> String {
        let names: Vec<&str> = self
            .schema
            .relations()
            .iter()
            .filter(|relation| self.other_writer(relation).is_none())
            .map(|relation| relation.name.as_str())
            .collect();
        match names.as_slice() {
            [] => "the program has no relation that a feed may change".to_string(),
            _ if names.len() > NAMES_MAX => format!(
                "a feed may change {} and {} more",
                names[..NAMES_MAX].join(", "),
                names.len() - NAMES_MAX
            ),
            _ => format!("a feed may change {}", names.join(", ")),
        }
    }
}

/// How many names a message lists.
const NAMES_MAX: usize = 8;
