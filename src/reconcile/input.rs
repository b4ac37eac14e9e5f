//! What happens, as the reconciler is told.

use super::{Key, RunId};
use crate::model::{Delta, RelationId, Timestamp};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// What holds at a start, and what is still in flight from before it: nothing after a
    /// restart, everything after a change of rules.
    Loaded(Delta, Vec<Flight>),
    /// What changed since.
    Changed(Delta),
    /// A look has ended, and what it saw has changed already.
    LookEnded { run: RunId, looked: Looked },
    /// Somebody says that an instance of a goal, by its name, was looked at.
    Looked { goal: String, key: Key },
    /// An action has ended, and what it printed has changed already.
    ActionEnded { run: RunId, exit: Exit },
    /// A relation's source was read by a reading that began then, and what it says has changed
    /// already.
    SourceRead { relation: RelationId, began: Timestamp },
    /// Somebody wants an instance of a goal, by its name, to be looked at and tried at once.
    Retry { goal: String, key: Key },
    /// The server is going to stop: nothing begins any more.
    Close,
}

/// How a look ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    Answered,
    /// The answer comes by itself, some time.
    Later,
    Failed(String),
}

/// How an action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did its work, or a detached one has set it going.
    Done,
    /// It can never succeed, and why.
    Unavailable(String),
    Failed(String),
}

/// An action that runs already when a reconciler begins.
#[derive(Clone, Debug)]
pub struct Flight {
    pub run: RunId,
    pub goal: String,
    pub keys: Vec<Key>,
    pub began: Timestamp,
}
