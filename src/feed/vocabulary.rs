//! Which relations a feed may change, and whom to tell of when it may not.

use std::collections::BTreeSet;

use super::mistake::nearest;
use super::{Line, Mistake, attempt, submission, upkeep};
use crate::model::{Change, Relation, RelationId, RelationKind, Schema};

/// The relations that lines may name.
#[derive(Clone, Debug)]
pub struct Vocabulary<'a> {
    schema: &'a Schema,
    over_sources: OverSources,
    /// Relations whose rows are all stated in the program.
    stated: BTreeSet<RelationId>,
    reader: Reader,
    /// Relations whose names begin with it and a dot are the server's own.
    own_prefix: Option<&'a str>,
}

/// Who reads the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// A command that ends with its input, and neither looks nor acts.
    Command,
    /// A running server.
    Server,
    /// A running server, what the check or action of this goal prints.
    ServerOfJob(RelationId),
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
        let (stated, reader) = (BTreeSet::new(), Reader::Command);
        Vocabulary { schema, over_sources, stated, reader, own_prefix: None }
    }

    /// The same, where the rows of these relations are facts of the program, and no rule has
    /// them for its head.
    pub fn with_stated(self, stated: BTreeSet<RelationId>) -> Vocabulary<'a> {
        Vocabulary { stated, ..self }
    }

    /// The same for a running server, which knows what is in flight, and what time it is.
    pub fn for_server(self) -> Vocabulary<'a> {
        Vocabulary { reader: Reader::Server, ..self }
    }

    /// The same for what the check or action of a goal prints to a running server: what was
    /// seen, and how attempts of the goal itself went. `goal` is the goal's own relation.
    pub fn for_job(self, goal: RelationId) -> Vocabulary<'a> {
        Vocabulary { reader: Reader::ServerOfJob(goal), ..self }
    }

    /// The same where the server keeps relations of its own under this prefix.
    pub fn beside(self, own_prefix: &'a str) -> Vocabulary<'a> {
        Vocabulary { own_prefix: Some(own_prefix), ..self }
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

    /// The goal of that name.
    pub(super) fn goal(&self, name: &str) -> Result<&'a Relation, Mistake> {
        match self.schema.find(name) {
            Some(relation) if attempt::is_goal(relation, self.schema) => Ok(relation),
            found => {
                let of_goals = |one: &&Relation| attempt::is_goal(one, self.schema);
                let goals = self.schema.relations().iter().filter(of_goals);
                let mistake = Mistake::new(match found {
                    Some(_) => format!("relation \"{name}\" is no goal"),
                    None => format!("unknown goal \"{name}\""),
                });
                Err(match nearest(name, goals.map(|goal| goal.name.as_str())) {
                    Some(hint) => mistake.hint(hint),
                    None => mistake,
                })
            }
        }
    }

    /// Whether a line may say what it says.
    pub(super) fn check(&self, line: &Line) -> Result<(), Mistake> {
        match line {
            Line::Change(change) => self.check_change(change),
            Line::Looked(looked) => match self.reader {
                Reader::Command => Err(submission::looked_needs_server()),
                Reader::Server => Ok(()),
                Reader::ServerOfJob(goal) => self.check_own(looked.goal, goal),
            },
            Line::Report(report) => match self.reader {
                Reader::Command => Err(submission::report_needs_server()),
                Reader::Server => Ok(()),
                Reader::ServerOfJob(goal) => self.check_own(report.goal, goal),
            },
            Line::At(_) if self.reader != Reader::Command => {
                Err(Mistake::new("\"at\" is for a clock that is driven")
                    .hint("a running server has the system's"))
            }
            Line::Begin | Line::Commit | Line::At(_) | Line::Echo(_) | Line::Blank => Ok(()),
        }
    }

    fn check_change(&self, change: &Change) -> Result<(), Mistake> {
        let relation = self.schema.relation(change.relation());
        if let (Reader::ServerOfJob(_), Some(goal)) =
            (self.reader, attempt::goal_of(relation, self.schema))
        {
            let reason = format!("the server itself writes the attempts of goal \"{}\"", goal.name);
            return Err(Mistake::new(reason)
                .hint("report one by inserting it without number, started and ended"));
        }
        match (change, self.goal_of(relation)) {
            (Change::Insert { row, .. }, Some((_, name))) => upkeep::check(name, relation, row),
            (Change::Insert { .. } | Change::Delete { .. }, _) => Ok(()),
        }
    }

    /// A check or action speaks of its own goal.
    fn check_own(&self, named: RelationId, own: RelationId) -> Result<(), Mistake> {
        if named == own {
            return Ok(());
        }
        let name = |id: RelationId| &self.schema.relation(id).name;
        Err(Mistake::new(format!(
            "a check or action of goal \"{}\" does not speak for goal \"{}\"",
            name(own),
            name(named)
        )))
    }

    /// A goal's name, and what stands behind it in the name of one of its relations.
    fn goal_of(&self, relation: &'a Relation) -> Option<(&'a str, &'a str)> {
        relation.name.rsplit_once('.').filter(|(goal, _)| self.schema.find(goal).is_some())
    }

    fn other_writer(&self, relation: &Relation) -> Option<String> {
        match relation.kind {
            RelationKind::Builtin if self.is_source_status(relation) => None,
            RelationKind::Builtin => Some("written by the engine itself".to_string()),
            RelationKind::Derived => Some(match self.goal_of(relation) {
                Some((goal, _)) => format!("derived by the clauses of goal \"{goal}\""),
                None if self.stated.contains(&relation.id) => {
                    "stated by the facts of the program".to_string()
                }
                None => "derived by the program's rules and facts".to_string(),
            }),
            RelationKind::Input | RelationKind::Observe if self.is_own(relation) => {
                Some("kept by the server itself".to_string())
            }
            RelationKind::Input | RelationKind::Observe => match &relation.source {
                Some(source) if self.over_sources == OverSources::Refused => {
                    Some(format!("written by its source, {}", source.kind))
                }
                _ => self.writer_instead_of_job(relation),
            },
        }
    }

    /// How sources stand can be told where they are read once, as what they say can.
    fn is_source_status(&self, relation: &Relation) -> bool {
        relation.name == "source.status" && self.over_sources == OverSources::Allowed
    }

    fn is_own(&self, relation: &Relation) -> bool {
        let rest = self.own_prefix.and_then(|prefix| relation.name.strip_prefix(prefix));
        rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// Checks and actions say what they see, not what is wanted.
    fn writer_instead_of_job(&self, relation: &Relation) -> Option<String> {
        match (self.reader, relation.kind) {
            (Reader::ServerOfJob(_), RelationKind::Input) => {
                Some("an input: people and feeds write it, no check and no action".to_string())
            }
            _ => None,
        }
    }

    fn writable_names(&self) -> String {
        let names: Vec<&str> = self
            .schema
            .relations()
            .iter()
            .filter(|relation| self.other_writer(relation).is_none() && relation.is_base())
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
