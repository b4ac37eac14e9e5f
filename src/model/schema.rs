//! What relations there are, what their columns are called, and who writes them.

use std::fmt;

use serde::{Deserialize, Serialize};

use rustc_hash::FxHashMap;

use super::{Command, Duration, Type};

/// A relation's place in [`Schema::relations`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RelationId(pub u32);

impl RelationId {
    /// The place as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A named and typed column of a relation, or parameter of a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub ty: Type,
}

/// Who writes a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// People and systems: the desired outcome and reference data.
    Input,
    /// Checks and messages: what the world looks like.
    Observe,
    /// Rules and the program's own facts.
    Derived,
    /// The engine itself, or whoever runs it: `today`, `rule_error`, `source.status`.
    Builtin,
}

/// A named, typed set of rows.
#[derive(Clone, Debug)]
pub struct Relation {
    pub id: RelationId,
    /// As the user writes it; a goal's relations are dotted.
    pub name: String,
    pub columns: Vec<Column>,
    pub kind: RelationKind,
    /// The columns, by position, of which at most one row exists for each combination of
    /// values; empty for a relation of at most one row; `None` where the whole row is the key.
    pub key: Option<Vec<usize>>,
    /// Declared by an `output` statement.
    pub is_output: bool,
    /// Where the rows come from by themselves.
    pub source: Option<Source>,
    /// The `///` text above the declaration, its lines joined by `\n`.
    pub doc: Option<String>,
}

impl Relation {
    /// The position of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Whether feeds may write it: an input or observe without a source.
    pub fn is_written_by_feeds(&self) -> bool {
        self.is_base() && self.source.is_none()
    }

    /// Whether its rows are given, not derived.
    pub fn is_base(&self) -> bool {
        matches!(self.kind, RelationKind::Input | RelationKind::Observe)
    }
}

/// `from …`: where an `input` or `observe` has its rows from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub kind: SourceKind,
    /// How often it is read again, for sources that cannot be watched.
    pub every: Option<Duration>,
    /// The channel of PostgreSQL on which it is told of changes.
    pub notify: Option<String>,
    /// How long one reading may take.
    pub timeout: Option<Duration>,
    /// Variables of our environment that its command sees.
    pub environment: Vec<String>,
    /// Hold the old rows when more than this share of them, in percent, vanishes at once.
    pub shrink_percent: Option<u8>,
}

/// The kinds of source, with paths and URLs as written (`$NAME` not yet filled in).
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    Csv { path: String },
    Jsonl { path: String },
    Parquet { path: String },
    Files { pattern: String },
    Sql { url: String, query: String },
    Exec { command: Command },
}

impl SourceKind {
    /// Whether its files are in a store that tells of no changes, `s3://…` or `gs://…`.
    pub fn is_remote(&self) -> bool {
        matches!(self, SourceKind::Files { pattern } if pattern.contains("://"))
    }
}

/// As a declaration has it, `csv "campaigns.csv"`; where a URL may hold a secret it is left out.
impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceKind::Csv { path } => write!(f, "csv \"{path}\""),
            SourceKind::Jsonl { path } => write!(f, "jsonl \"{path}\""),
            SourceKind::Parquet { path } => write!(f, "parquet \"{path}\""),
            SourceKind::Files { pattern } => write!(f, "files \"{pattern}\""),
            SourceKind::Sql { query, .. } => write!(f, "sql \"{query}\""),
            SourceKind::Exec { command } => write!(f, "exec \"{}\"", command.text),
        }
    }
}

/// All relations of a program, by id and by name.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    relations: Vec<Relation>,
    by_name: FxHashMap<String, RelationId>,
}

impl Schema {
    /// Adds a relation, which is given its id here.
    ///
    /// # Panics
    /// If the name is taken: names are unique by the time a schema is made.
    pub fn add(&mut self, mut relation: Relation) -> RelationId {
        let id = RelationId(u32::try_from(self.relations.len()).expect("few relations"));
        relation.id = id;
        let before = self.by_name.insert(relation.name.clone(), id);
        assert!(before.is_none(), "relation {} added twice", relation.name);
        self.relations.push(relation);
        id
    }

    /// The relation of that id.
    pub fn relation(&self, id: RelationId) -> &Relation {
        &self.relations[id.index()]
    }

    /// The relation of that name.
    pub fn find(&self, name: &str) -> Option<&Relation> {
        self.by_name.get(name).map(|id| self.relation(*id))
    }

    /// All relations, in the order of their ids.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }
}
