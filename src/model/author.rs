//! Who made a change.

use std::fmt;

/// Who made a transaction, as the history keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author {
    pub kind: AuthorKind,
    /// Which one of its kind: a user's name, a goal's name, a relation's name.
    pub name: String,
}

/// The kinds of authors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthorKind {
    /// A program that feeds observations.
    Feed,
    /// The check of a goal.
    Check,
    /// The action of a goal.
    Action,
    /// Somebody at a command line or a page.
    Person,
    /// The source of a relation.
    Source,
    /// The reconciler: attempts that begin and end.
    Reconciler,
    /// Changed rules: facts that no longer fit, or fit again.
    Rules,
}

impl AuthorKind {
    /// Every kind.
    pub const ALL: [AuthorKind; 7] = [
        AuthorKind::Feed,
        AuthorKind::Check,
        AuthorKind::Action,
        AuthorKind::Person,
        AuthorKind::Source,
        AuthorKind::Reconciler,
        AuthorKind::Rules,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            AuthorKind::Feed => "feed",
            AuthorKind::Check => "check",
            AuthorKind::Action => "action",
            AuthorKind::Person => "person",
            AuthorKind::Source => "source",
            AuthorKind::Reconciler => "reconciler",
            AuthorKind::Rules => "rules",
        }
    }

    /// The kind that `name` is the word for.
    pub fn from_name(name: &str) -> Option<AuthorKind> {
        AuthorKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Author {
    /// An author of that kind and name.
    pub fn new(kind: AuthorKind, name: impl Into<String>) -> Author {
        Author { kind, name: name.into() }
    }
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.is_empty() {
            true => f.write_str(self.kind.name()),
            false => write!(f, "{} {}", self.kind.name(), self.name),
        }
    }
}
