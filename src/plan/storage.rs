//! Which indexes are kept, and which are read where others are: those of the same rows in the same
//! order are one, and what is distinct is read where its derivations are counted.

use std::collections::{BTreeMap, BTreeSet};

use super::operator::{Arrangement, ArrangementId, NodeId, Operator, Plan};

/// Where an arrangement's rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In an index of its own.
    Own,
    /// In that of another, which comes before it.
    Index(ArrangementId),
    /// Where the rows of a node that is distinct are counted.
    Distinct(NodeId),
}

impl Plan {
    /// By arrangement, where it is kept. Only a worker that is alone lets arrangements by different
    /// keys share one: else rows are with different workers.
    pub fn homes(&self, is_alone: bool) -> Vec<Home> {
        let mut homes = vec![Home::Own; self.arrangements.len()];
        let mut known: BTreeMap<String, ArrangementId> = BTreeMap::new();
        for id in self.kept() {
            let arrangement = &self.arrangements[id.index()];
            // What can fail says so of one rule, and is not for another.
            let Arrangement { input, steps, key, values, site, .. } = arrangement;
            let is_distinct = matches!(self.nodes[input.index()].operator, Operator::Distinct(_));
            if is_distinct && self.is_as_it_is(arrangement) && (is_alone || values.is_empty()) {
                homes[id.index()] = Home::Distinct(*input);
                continue;
            }
            let layout: Vec<usize> = key.iter().chain(values).copied().collect();
            let split = if is_alone { 0 } else { key.len() };
            let like = format!("{input:?} {steps:?} {site:?} {layout:?} {split}");
            let first = *known.entry(like).or_insert(id);
            if first != id {
                homes[id.index()] = Home::Index(first);
            }
        }
        homes
    }

    /// The arrangements that are read, and not inside of loops.
    pub fn kept(&self) -> BTreeSet<ArrangementId> {
        let by_operators = self.nodes.iter().flat_map(|node| node.operator.arrangements());
        let read = by_operators.chain(self.reads.iter().map(|(_, id)| *id));
        read.filter(|id| self.arrangements[id.index()].inside.is_none()).collect()
    }

    /// Whether an arrangement has its input's rows with their columns in order.
    fn is_as_it_is(&self, arrangement: &Arrangement) -> bool {
        let Arrangement { input, steps, key, values, .. } = arrangement;
        let width = self.nodes[input.index()].columns.len();
        steps.is_empty() && key.iter().chain(values).copied().eq(0..width)
    }
}
