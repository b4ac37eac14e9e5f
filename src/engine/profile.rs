//! What the parts of a plan have cost.

use std::time::Duration;

use crate::plan::{Part, Plan};

/// What one operator or index has cost since it was first measured, in all workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// In how many steps it ran, or in how many rounds; by worker.
    pub runs: u64,
    /// How many changes of rows it gave; or took in, if it is an index.
    pub rows: u64,
    /// How many rows it keeps now.
    pub held: u64,
    /// Wall time, without that of operators inside of it.
    pub time: Duration,
}

/// What each part of a plan has cost.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    nodes: Vec<Cost>,
    indexes: Vec<Cost>,
    /// What it cost to take facts in, before any operator.
    pub facts: Duration,
}

impl Cost {
    /// Adds another cost of the same part.
    pub fn add(&mut self, other: &Cost) {
        self.runs += other.runs;
        self.rows += other.rows;
        self.held += other.held;
        self.time += other.time;
    }
}

impl Profile {
    /// Nothing has cost anything yet.
    pub(super) fn new(plan: &Plan) -> Profile {
        let (nodes, indexes) = (plan.nodes.len(), plan.arrangements.len());
        let (nodes, indexes) = (vec![Cost::default(); nodes], vec![Cost::default(); indexes]);
        Profile { nodes, indexes, facts: Duration::ZERO }
    }

    /// What one part has cost; nothing if it is kept with another one.
    pub fn cost(&self, part: Part) -> &Cost {
        match part {
            Part::Node(id) => &self.nodes[id.index()],
            Part::Index(id) => &self.indexes[id.index()],
        }
    }

    /// What all parts have cost.
    pub fn total(&self) -> Cost {
        let mut total = Cost::default();
        self.nodes.iter().chain(&self.indexes).for_each(|cost| total.add(cost));
        total
    }

    pub(super) fn add(&mut self, part: Part, cost: Cost) {
        match part {
            Part::Node(id) => self.nodes[id.index()].add(&cost),
            Part::Index(id) => self.indexes[id.index()].add(&cost),
        }
    }

    /// Adds what another worker has measured.
    pub(super) fn merge(&mut self, other: &Profile) {
        let (nodes, indexes) = (self.nodes.iter_mut(), self.indexes.iter_mut());
        let others = other.nodes.iter().chain(&other.indexes);
        nodes.chain(indexes).zip(others).for_each(|(cost, other)| cost.add(other));
        self.facts += other.facts;
    }
}
