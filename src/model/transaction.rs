//! Changes on their way in, and net changes on their way out.

use super::{RelationId, Timestamp, Value};

/// One fact's values, in the order of its relation's columns.
pub type Row = Vec<Value>;

/// The number of a transaction: the logical time of the dataflow. The first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// Changes that become true together, at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// Never before the moment of the transaction before it.
    pub now: Timestamp,
    /// Applied in order: the last fact of a key holds.
    pub changes: Vec<Change>,
}

/// One change to a relation that is given, not derived.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Insert {
        relation: RelationId,
        row: Row,
    },
    /// Removes every fact that matches; `None` matches any value.
    Delete {
        relation: RelationId,
        pattern: Vec<Option<Value>>,
    },
}

impl Change {
    /// The relation that is changed.
    pub fn relation(&self) -> RelationId {
        match self {
            Change::Insert { relation, .. } | Change::Delete { relation, .. } => *relation,
        }
    }
}

/// The consolidated net changes of one transaction: no zero counts, nothing in between.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta {
    pub revision: Revision,
    pub now: Timestamp,
    /// Only relations that changed, in the order of their ids.
    pub relations: Vec<RelationDelta>,
}

/// The net changes of one relation.
#[derive(Clone, Debug, PartialEq)]
pub struct RelationDelta {
    pub relation: RelationId,
    /// Sorted by value.
    pub inserted: Vec<Row>,
    /// Sorted by value.
    pub deleted: Vec<Row>,
}
