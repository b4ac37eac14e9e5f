//! What was written while looks were on their way: what a look cannot have seen, its silence
//! does not withdraw.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::model::{Change, RelationId, Row};
use crate::reconcile::{Key, RunId};

/// Counts the transactions of a machine.
pub(super) type Moment = u64;

/// The looks on their way, and the facts that were written since the first of them began.
#[derive(Debug, Default)]
pub(super) struct LookWatch {
    looks: BTreeMap<RunId, WatchedLook>,
    written: FxHashMap<(RelationId, Row), Moment>,
    moment: Moment,
    /// With more facts it is looked which of them nobody needs any more.
    written_max: usize,
}

/// Fewer facts are not worth the look.
const WRITTEN_MIN: usize = 10_000;

/// A look on its way.
#[derive(Clone, Debug)]
pub(super) struct WatchedLook {
    pub goal: usize,
    pub keys: Vec<Key>,
    pub began: Moment,
    /// Its command has ended, and said that the answer comes by itself.
    pub is_answered_later: bool,
}

impl LookWatch {
    pub fn begin(&mut self, run: RunId, goal: usize, keys: Vec<Key>) {
        let look = WatchedLook { goal, keys, began: self.moment, is_answered_later: false };
        self.looks.insert(run, look);
    }

    /// Forgets the looks that have ended.
    pub fn keep(&mut self, is_in_flight: impl Fn(RunId) -> bool) {
        self.looks.retain(|run, _| is_in_flight(*run));
        match self.looks.values().map(|look| look.began).min() {
            None => self.written.clear(),
            // Once in a while, so that it costs little for each fact.
            Some(oldest) if self.written.len() > self.written_max => {
                self.written.retain(|_, moment| *moment > oldest);
                self.written_max = WRITTEN_MIN.max(self.written.len() * 2);
            }
            Some(_) => {}
        }
    }

    /// The answer of a look comes by itself: its command ends but once.
    pub fn wait_for_answer(&mut self, run: RunId) {
        if let Some(look) = self.looks.get_mut(&run) {
            look.is_answered_later = true;
        }
    }

    pub fn get(&self, run: RunId) -> Option<&WatchedLook> {
        self.looks.get(&run)
    }

    /// When the look began that is on its way for an instance, if one is.
    pub fn began(&self, goal: usize, key: &[crate::model::Value]) -> Option<Moment> {
        let looks = self.looks.values().filter(|look| look.goal == goal);
        let of_key = looks.filter(|look| look.keys.iter().any(|one| **one == *key));
        of_key.map(|look| look.began).min()
    }

    /// A transaction happens.
    pub fn note(&mut self, changes: &[Change]) {
        self.moment += 1;
        if self.looks.is_empty() {
            return;
        }
        for change in changes {
            if let Change::Insert { relation, row } = change {
                self.written.insert((*relation, row.clone()), self.moment);
            }
        }
    }

    /// Whether a fact was written since then.
    pub fn was_written_since(&self, relation: RelationId, row: &Row, since: Moment) -> bool {
        self.written.get(&(relation, row.clone())).is_some_and(|moment| *moment > since)
    }

    /// Every look on its way.
    pub fn drain(&mut self) -> Vec<RunId> {
        self.written.clear();
        std::mem::take(&mut self.looks).into_keys().collect()
    }
}
