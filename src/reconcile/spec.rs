//! What the reconciler knows of a program: goals with their options, and the relations that say
//! how their instances stand.

use rustc_hash::FxHashMap;

use crate::model::{Check, Duration, Goal, Pool, PoolUse, RelationId};

/// A program's part for the reconciler.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Those with a check or an action.
    pub goals: Vec<GoalSpec>,
    pub pools: Vec<Pool>,
    /// what (`goal` or `pool`), name, and more: what somebody has paused.
    pub paused: RelationId,
    pub mode: Mode,
    /// Where jitter and spread begin.
    pub seed: i64,
}

/// Whether actions are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Act,
    /// Looks, and never acts.
    ObserveOnly,
}

/// One goal and its relations.
#[derive(Clone, Debug)]
pub struct GoalSpec {
    pub goal: Goal,
    pub expected: RelationId,
    pub missing: RelationId,
    /// Where the goal has an action.
    pub ready: Option<RelationId>,
    pub attempt: RelationId,
    /// Where the goal has an action: the parameters, and when the first attempt of an episode
    /// of being missing began.
    pub episode: Option<RelationId>,
    /// The needs on goals that have a check.
    pub needs: Vec<NeedSpec>,
    /// The relations with a source that its `ok` rests on.
    pub sources: Vec<RelationId>,
}

/// The instances that ready instances of a goal need.
#[derive(Clone, Debug)]
pub struct NeedSpec {
    /// The parameters of the goal, then those of the needed one.
    pub relation: RelationId,
    /// The needed goal, by its place in [`Spec::goals`].
    pub goal: usize,
}

/// Checks that name no pool share this one.
pub(super) const CHECKS_POOL: &str = "checks";
/// How many checks that name no pool may run at once.
const CHECKS_LIMIT: u32 = 16;

/// How the instances of a goal share looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// A command for each.
    Each,
    /// Up to so many at once.
    Batch(usize),
    /// All that are due.
    Whole,
}

/// What a row of a relation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Expected(usize),
    Missing(usize),
    Ready(usize),
    Attempt(usize),
    Episode(usize),
    Priority(usize),
    /// The value for a pool, by its place among the action's.
    Part(usize, usize),
    Need(usize, usize),
    Paused,
}

impl Spec {
    /// Adds the pool of checks that name none.
    pub(super) fn with_checks_pool(mut self) -> Spec {
        let name = CHECKS_POOL.to_string();
        self.pools.push(Pool { name, limit: CHECKS_LIMIT, rate: None, trip: None });
        self
    }

    /// Every relation whose changes the reconciler wants to know.
    pub fn watched(&self) -> Vec<RelationId> {
        let mut relations: Vec<RelationId> = self.roles().into_keys().collect();
        relations.sort_unstable();
        relations
    }

    pub(super) fn roles(&self) -> FxHashMap<RelationId, Role> {
        let mut roles = FxHashMap::default();
        roles.insert(self.paused, Role::Paused);
        for (at, spec) in self.goals.iter().enumerate() {
            roles.insert(spec.expected, Role::Expected(at));
            roles.insert(spec.missing, Role::Missing(at));
            roles.insert(spec.attempt, Role::Attempt(at));
            roles.extend(spec.ready.map(|relation| (relation, Role::Ready(at))));
            roles.extend(spec.episode.map(|relation| (relation, Role::Episode(at))));
            for (place, need) in spec.needs.iter().enumerate() {
                roles.insert(need.relation, Role::Need(at, place));
            }
            let Some(action) = &spec.goal.action else { continue };
            roles.extend(action.priority.map(|relation| (relation, Role::Priority(at))));
            for (place, pool) in action.pools.iter().enumerate() {
                roles.extend(pool.part.map(|relation| (relation, Role::Part(at, place))));
            }
        }
        roles
    }

    /// The place of a pool.
    pub(super) fn pool(&self, name: &str) -> usize {
        let found = self.pools.iter().position(|pool| pool.name == name);
        found.expect("a checked program names pools that are there")
    }

    /// The pools that a goal's check takes part in.
    pub(super) fn check_pools(&self, check: &Check) -> Vec<usize> {
        match check.pools.as_slice() {
            [] => vec![self.pool(CHECKS_POOL)],
            pools => pools.iter().map(|PoolUse { pool, .. }| self.pool(pool)).collect(),
        }
    }
}

impl GoalSpec {
    /// How looks are shared; `None` without a check.
    pub(super) fn grouping(&self) -> Option<Grouping> {
        let check = self.goal.check.as_ref()?;
        Some(match check.batch {
            _ if check.task.names_instance() => Grouping::Each,
            Some(most) => Grouping::Batch(most as usize),
            None => Grouping::Whole,
        })
    }

    /// Whether readings of sources say if an action has done its work: there is no check.
    pub(super) fn is_judged_by_sources(&self) -> bool {
        self.goal.check.is_none() && !self.sources.is_empty()
    }

    /// The moments of looks are multiples of this, so that looks of several at once fill up.
    pub(super) fn quantum(&self, interval: Duration) -> Duration {
        match self.grouping() {
            None | Some(Grouping::Each) => Duration::from_micros(1),
            Some(Grouping::Batch(_)) => Duration::from_micros((interval.micros() / 16).max(1)),
            Some(Grouping::Whole) => interval,
        }
    }

    /// How many attempts one run of the action may make.
    pub(super) fn batch(&self) -> usize {
        let batch = self.goal.action.as_ref().and_then(|action| action.batch);
        batch.map_or(1, |most| most as usize)
    }
}
