//! What a program says about its goals beside their rules: how to look, and how to act.

use super::{Column, Duration, RelationId, Task};

/// A kind of thing that may be expected. Its states are relations named `name.state`.
#[derive(Clone, Debug)]
pub struct Goal {
    pub name: String,
    pub parameters: Vec<Column>,
    pub needs: Vec<Need>,
    pub check: Option<Check>,
    pub action: Option<Action>,
    pub doc: Option<String>,
}

/// One `needs` clause.
#[derive(Clone, Debug)]
pub struct Need {
    /// The goal that is needed.
    pub goal: String,
    /// The clause as written, without its keyword: `csv(c, d) :- …`.
    pub text: String,
    /// The terms for the needed goal's parameters, in their order, as the clause has them.
    pub arguments: Vec<String>,
    /// The literals of the clause's body.
    pub body: Vec<String>,
}

/// How to look at a goal's instances.
#[derive(Clone, Debug)]
pub struct Check {
    pub task: Task,
    pub every: Duration,
    /// How often satisfied instances are looked at; `None` is never.
    pub ok_every: Option<Duration>,
    pub batch: Option<u32>,
    /// How long a look may take, where the rule says so.
    pub timeout: Option<Duration>,
    pub pools: Vec<PoolUse>,
    /// Names of environment variables that the command may see.
    pub environment: Vec<String>,
}

impl Check {
    /// How long a look may take where the rule does not say.
    const TIMEOUT: Duration = Duration::from_micros(60_000_000);
    /// The same where the answer comes later, by itself.
    const LATER_TIMEOUT: Duration = Duration::from_micros(600_000_000);

    /// How long a look may take.
    pub fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(Check::TIMEOUT)
    }

    /// How long an answer may be on its way that the command has said comes later.
    pub fn later_timeout(&self) -> Duration {
        self.timeout.unwrap_or(Check::LATER_TIMEOUT)
    }
}

impl Action {
    /// The pause after that many failures in a row: it doubles from the least to the most.
    pub fn pause(&self, failures: u32) -> Duration {
        let most = self.backoff_max.max(self.backoff_min);
        let mut pause = self.backoff_min;
        for _ in 1..failures.min(64) {
            pause = pause.checked_add(pause).map_or(most, |doubled| doubled.min(most));
        }
        pause
    }
}

/// How to bring a goal's instances about.
#[derive(Clone, Debug)]
pub struct Action {
    pub task: Task,
    /// How long an instance may count as being worked on.
    pub within: Duration,
    /// After how many failures an instance counts as stuck.
    pub retry: u32,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
    pub batch: Option<u32>,
    pub detached: bool,
    pub pools: Vec<PoolUse>,
    /// A derived relation of the goal's parameters and one value, the priority: highest first.
    pub priority: Option<RelationId>,
    pub environment: Vec<String>,
}

/// A pool that a check or action takes part in.
#[derive(Clone, Debug)]
pub struct PoolUse {
    pub pool: String,
    /// A derived relation of the goal's parameters and one value, where each value has a pool
    /// of its own.
    pub part: Option<RelationId>,
}

/// Actions that share something scarce.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    pub name: String,
    /// At most so many at once.
    pub limit: u32,
    pub rate: Option<Rate>,
    /// After so many failures in a row only one probe at a time, until one succeeds.
    pub trip: Option<u32>,
}

/// At most `count` started in any `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Duration,
}
