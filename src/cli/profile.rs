//! What a program's rules cost: a load, or a change, measured operator by operator.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::load::Loaded;
use crate::engine::{Cost, Profile};
use crate::model::Timestamp;
use crate::plan::{Part, Plan, Share};

/// What was measured, and of what.
pub(super) struct Measured<'a> {
    pub loaded: &'a Loaded,
    pub plan: &'a Plan,
    pub profile: &'a Profile,
    pub now: Timestamp,
    pub workers: usize,
    /// How many changes were applied.
    pub changes: usize,
    /// Whether they are those of `--with`, upon what was loaded before.
    pub is_with: bool,
    /// How long the engine took.
    pub took: Duration,
}

/// What one rule cost.
pub(super) struct RuleCost {
    /// `FILE:LINE: ` and the rule's head.
    pub place: String,
    pub time: Duration,
    /// How many changes of rows it made.
    pub rows: u64,
}

/// How long ago the first call was: what measures.
pub(super) fn elapsed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

impl Measured<'_> {
    /// What a part of the plan cost.
    pub(super) fn cost(&self, part: Part) -> &Cost {
        self.profile.cost(part)
    }

    /// All time that was measured, of all workers.
    pub(super) fn total(&self) -> Duration {
        self.profile.total().time + self.profile.facts
    }

    /// What every rule cost, the dearest first. What several rules share is divided among them;
    /// what puts the rules of a relation together, by how many rows come from each.
    pub(super) fn rules(&self) -> Vec<RuleCost> {
        let shares = &self.plan.shares;
        let rows = |share: &Share| self.cost(Part::Node(share.result)).rows;
        let mut users: BTreeMap<Part, Vec<(usize, f64)>> = BTreeMap::new();
        for (at, share) in shares.iter().enumerate() {
            for part in &share.parts {
                users.entry(*part).or_default().push((at, 1.0));
            }
            // A rule that gave nothing has had no part in it, unless no other has.
            let weight = (rows(share) as f64).max(1e-9);
            for part in &share.merge {
                users.entry(*part).or_default().push((at, weight));
            }
        }
        let mut times = vec![0.0; shares.len()];
        for (part, users) in &users {
            let (time, all) = (self.cost(*part).time, users.iter().map(|(_, weight)| weight));
            let all: f64 = all.sum();
            for (at, weight) in users {
                times[*at] += time.as_secs_f64() * weight / all;
            }
        }
        let costs = shares.iter().zip(times).map(|(share, time)| RuleCost {
            place: self.place(share),
            time: Duration::from_secs_f64(time),
            rows: rows(share),
        });
        let mut costs: Vec<RuleCost> = costs.collect();
        costs.sort_by_key(|cost| Reverse(cost.time));
        costs
    }

    fn place(&self, share: &Share) -> String {
        let file = self.loaded.sources.name(share.span.file);
        format!("{file}:{}: {}", share.line, share.rule)
    }
}
