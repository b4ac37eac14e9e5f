//! What the operators of a worker read: each other's changes, and indexes.

use std::rc::Rc;
use std::sync::Arc;

use crate::plan::{ArrangementId, Plan};

use super::batch::Batch;
use super::index::Counts;
use super::matching::Side;
use super::post::Post;
use super::shelves::Shelves;

/// The rows outside of loops, in the step under way.
pub struct State {
    pub plan: Arc<Plan>,
    pub post: Post,
    pub shelves: Shelves,
    /// By node: what the step changes in its rows, as long as it is still read.
    pub deltas: Vec<Option<Rc<Batch>>>,
    nothing: Batch,
}

impl State {
    /// Nothing in the indexes, and no changes.
    pub fn new(plan: Arc<Plan>, post: Post, shelves: Shelves) -> State {
        let deltas = vec![None; plan.nodes.len()];
        State { plan, post, shelves, deltas, nothing: Batch::new(0) }
    }

    /// What the step changes in a node's rows, if anything.
    pub fn delta(&self, node: usize) -> Option<&Batch> {
        self.deltas[node].as_deref()
    }

    /// An index and what the step changes in it.
    pub fn side(&self, id: ArrangementId) -> Side<'_> {
        let (index, counts) = self.shelves.index(id);
        let input = self.plan.arrangements[id.index()].input;
        let delta = match (counts, self.delta(input.index())) {
            (Counts::Bag, _) => index.delta(),
            (Counts::Set, Some(rows)) => rows,
            (Counts::Set, None) => &self.nothing,
        };
        Side { index, delta, counts, is_met: false }
    }

    /// The same index once its changes have been met.
    pub fn still(&self, id: ArrangementId) -> Side<'_> {
        Side { delta: &self.nothing, is_met: true, ..self.side(id) }
    }
}
