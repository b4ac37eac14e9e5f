//! A program at work: its engine, its clock, and the feed that goes into it.

use super::clock::Clock;
use super::failure::Failure;
use super::profile::elapsed;
use crate::engine::{Engine, Profile, Workers};
use crate::feed::{Batcher, Event, Line, Mistake};
use crate::model::{Change, Delta, RelationId, Row, Timestamp, Transaction, Value};
use crate::plan::{Demand, Plan, plan};
use crate::program::Program;

/// An engine with the clock that drives it.
pub(super) struct Session {
    engine: Engine,
    clock: Clock,
    batcher: Batcher,
}

/// What a line of the feed led to.
pub(super) enum Answer {
    /// Nothing, or not yet.
    Nothing,
    Delta(Delta),
    Echo(String),
}

impl Session {
    /// A session in which nothing has happened yet.
    pub(super) fn new(
        program: &Program,
        demand: &Demand,
        workers: impl Into<Workers>,
        clock: Clock,
    ) -> Session {
        Session::with_plan(plan(program, demand), workers, clock)
    }

    /// A session over a plan, in which nothing has happened yet.
    pub(super) fn with_plan(plan: Plan, workers: impl Into<Workers>, clock: Clock) -> Session {
        let engine = Engine::new(plan, workers);
        Session { engine, clock, batcher: Batcher::default() }
    }

    /// From now on, measures what each operator costs.
    pub(super) fn measure(&mut self) {
        self.engine.measure(elapsed);
    }

    /// What each operator has cost since it is measured.
    pub(super) fn profile(&self) -> Profile {
        self.engine.profile()
    }

    /// Takes the next line of a feed.
    ///
    /// # Errors
    /// Why the line is refused; the feed goes on.
    pub(super) fn take(
        &mut self,
        number: u64,
        line: Result<Line, Mistake>,
    ) -> Result<Answer, Mistake> {
        match self.batcher.push(number, line)? {
            None => Ok(Answer::Nothing),
            Some(Event::Echo(token)) => Ok(Answer::Echo(token)),
            Some(Event::Transaction(submission)) => {
                self.apply(submission.into_changes()?).map(Answer::Delta)
            }
            Some(Event::At(moment)) => {
                self.clock.advance(moment)?;
                self.apply(Vec::new()).map(Answer::Delta)
            }
        }
    }

    /// The feed is at its end.
    ///
    /// # Errors
    /// If it ends in a transaction, which is refused.
    pub(super) fn end_feed(&mut self) -> Result<(), Mistake> {
        self.batcher.finish()
    }

    /// Makes changes true, at the clock's moment.
    ///
    /// # Errors
    /// If the engine refuses one; nothing has changed then.
    pub(super) fn apply(&mut self, changes: Vec<Change>) -> Result<Delta, Mistake> {
        let transaction = Transaction { now: self.clock.read(), changes };
        self.engine.apply(transaction).map_err(|refused| Mistake::new(refused.to_string()))
    }

    /// The current rows of a relation, which the demand named.
    pub(super) fn rows(&mut self, relation: RelationId) -> Vec<Row> {
        self.engine.rows(relation, &[])
    }

    /// Those whose first columns have these values.
    pub(super) fn starting(&mut self, relation: RelationId, prefix: &[Value]) -> Vec<Row> {
        self.engine.rows(relation, prefix)
    }

    /// Whether a relation, base or named by the demand, has a row with these values, where there
    /// are any.
    pub(super) fn has(&mut self, relation: RelationId, pattern: &[Option<Value>]) -> bool {
        let prefix: Vec<Value> = pattern.iter().map_while(Clone::clone).collect();
        let is_same = |(value, wanted): (&Value, &Option<Value>)| {
            wanted.as_ref().is_none_or(|wanted| wanted == value)
        };
        let rows = self.engine.rows(relation, &prefix);
        rows.iter().any(|row| row.iter().zip(pattern).all(is_same))
    }

    /// When something changes by itself, if the clock moves by itself.
    pub(super) fn alarm(&self) -> Option<Timestamp> {
        self.clock.is_system().then(|| self.engine.next_alarm()).flatten()
    }

    /// What time it is.
    pub(super) fn now(&mut self) -> Timestamp {
        self.clock.read()
    }
}

/// What a refused transaction of our own making means.
pub(super) fn refused(mistake: &Mistake) -> Failure {
    Failure::World(format!("the engine refuses the sources' rows: {mistake}"))
}
