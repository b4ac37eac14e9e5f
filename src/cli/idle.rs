//! Changes that change nothing: a fact that is there already, one to be deleted that is not
//! there. As often as not they are a slip of the pen.

use super::session::Session;
use crate::model::{Change, Value};

/// What is to be said of such changes, before they are made; `texts` is how they are written.
pub(super) fn describe(changes: &[Change], texts: &[String], session: &mut Session) -> Vec<String> {
    let mut idle = Vec::new();
    for (at, (change, text)) in changes.iter().zip(texts).enumerate() {
        // What an earlier change makes of it is not looked into.
        if changes[..at].iter().any(|earlier| is_opposite(earlier, change)) {
            continue;
        }
        let why = match change {
            Change::Insert { relation, row } => {
                let pattern: Vec<Option<Value>> = row.iter().cloned().map(Some).collect();
                session.has(*relation, &pattern).then_some("is there already")
            }
            Change::Delete { relation, pattern } => {
                (!session.has(*relation, pattern)).then_some("is not there")
            }
        };
        idle.extend(why.map(|why| format!("{text} {why}")));
    }
    idle
}

fn is_opposite(one: &Change, other: &Change) -> bool {
    let is_insert = |change: &Change| matches!(change, Change::Insert { .. });
    one.relation() == other.relation() && is_insert(one) != is_insert(other)
}
