//! The engine as its users see it: transactions in, deltas out, rows to read, and its next
//! alarm.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;

use crate::model::{
    Date, Delta, RelationDelta, RelationId, Revision, Row, Timestamp, Transaction, Type, Value,
};
use crate::plan::{Operator, Part, Plan};

use super::batch::Batch;
use super::code::Surroundings;
use super::coding::{decode_changes, decode_row, encode_signed, find};
use super::crew::{Crew, Workers};
use super::dictionary::Dictionary;
use super::errors::{ErrorCounts, rows_of};
use super::facts::{Changes, Facts, Refused};
use super::lane::{Outcome, Step};
use super::leftovers::Leftovers;
use super::profile::{Cost, Profile};
use super::profiler::Stopwatch;
use super::question::Question;
use super::words::Words;

/// Changes of watched relations, as they come.
type Watched = BTreeMap<RelationId, Batch>;

/// What an engine may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many rounds a recursion may take before it is cut.
    pub rounds: u32,
    /// How many distinct texts are held before it is first looked whether all are in use.
    pub texts: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { rounds: 1_000_000, texts: 4_096 }
    }
}

/// Keeps all relations of a plan up to date.
///
/// A transaction is atomic: it is validated whole, then applied whole, and its [`Delta`] has
/// the net changes of every watched relation once everything that follows from it is known.
pub struct Engine {
    plan: Arc<Plan>,
    crew: Crew,
    facts: Facts,
    around: Surroundings,
    revision: Revision,
    now: Option<Timestamp>,
    /// The moment of the last step that all workers have taken.
    stepped: Option<Timestamp>,
    today: Option<Date>,
    /// What of the watched relations is told, where that is not all.
    told: Option<FxHashSet<RelationId>>,
    errors: ErrorCounts,
    next_alarm: Option<i64>,
    updates: u64,
    limits: Limits,
    /// How many texts are held before it is looked whether all are in use.
    texts_max: usize,
    leftovers: Leftovers,
    /// What measures, where somebody asked for a profile.
    stopwatch: Option<Stopwatch>,
    facts_time: Duration,
}

impl Engine {
    /// An engine without facts, on so many workers, or on those of a cluster. It waits until they
    /// are there, then and whenever one of them is lost: nothing else is lost with it.
    pub fn new(plan: Plan, workers: impl Into<Workers>) -> Engine {
        Engine::with_limits(plan, workers, Limits::default())
    }

    /// As [`Engine::new`], with limits of its own.
    pub fn with_limits(plan: Plan, workers: impl Into<Workers>, limits: Limits) -> Engine {
        let plan = Arc::new(plan);
        let around = Surroundings {
            dictionary: Arc::new(Dictionary::default()),
            zone: Arc::new(plan.zone.clone()),
        };
        let crew = Crew::new(&plan, &around, workers.into(), limits.rounds);
        around.dictionary.pin();
        let facts = Facts::new(&plan.schema, |relation| is_given(&plan, relation));
        Engine {
            plan,
            crew,
            facts,
            around,
            revision: Revision(0),
            now: None,
            stepped: None,
            today: None,
            told: None,
            errors: ErrorCounts::new(),
            next_alarm: None,
            updates: 0,
            limits,
            texts_max: limits.texts,
            leftovers: Leftovers::default(),
            stopwatch: None,
            facts_time: Duration::ZERO,
        }
    }

    /// Applies a transaction and gives the net changes of the watched relations.
    ///
    /// # Errors
    /// If the transaction does not fit the relations, or would turn time back. Nothing of it is
    /// applied then.
    pub fn apply(&mut self, transaction: Transaction) -> Result<Delta, Refused> {
        let wanted = transaction.now;
        if let Some(now) = self.now.filter(|now| wanted < *now) {
            return Err(Refused::TimeGoesBack { now, wanted });
        }
        self.facts.validate(&self.plan, &transaction)?;
        let began = self.stopwatch.map(|stopwatch| stopwatch());
        let mut changes = self.facts.apply(transaction.changes, &self.around.dictionary);
        changes.extend(self.set_today(wanted));
        if let (Some(stopwatch), Some(began)) = (self.stopwatch, began) {
            self.facts_time += stopwatch().saturating_sub(began);
        }
        self.now = Some(wanted);
        self.revision.0 += 1;
        let mut watched = Watched::new();
        self.step(wanted, changes, &mut watched);
        let errors = self.error_changes();
        if !errors.is_empty() {
            self.step(wanted, errors, &mut watched);
        }
        let relations = self.decode(watched);
        let have_gone = self.leftovers.are_many(self.facts.len());
        if have_gone || self.around.dictionary.len() > self.texts_max {
            self.forget_texts();
        }
        self.leftovers.give_back();
        Ok(Delta { revision: self.revision, now: wanted, relations })
    }

    /// From now on deltas tell of these relations only, of those that the plan watches.
    pub fn tell_only(&mut self, relations: impl IntoIterator<Item = RelationId>) {
        self.told = Some(relations.into_iter().collect());
    }

    /// The rows of a readable relation whose first columns have these values, sorted.
    ///
    /// # Panics
    /// If the relation is derived and the plan was not asked to have it read.
    pub fn rows(&mut self, relation: RelationId, prefix: &[Value]) -> Vec<Row> {
        let pattern: Vec<Option<Value>> = prefix.iter().cloned().map(Some).collect();
        self.rows_at_most(relation, &pattern, usize::MAX)
    }

    /// The rows of a readable relation that have these values where the pattern has some, sorted.
    ///
    /// # Panics
    /// As [`rows`](Engine::rows) does.
    pub fn matching(&mut self, relation: RelationId, pattern: &[Option<Value>]) -> Vec<Row> {
        self.rows_at_most(relation, pattern, usize::MAX)
    }

    /// So many of the rows of a readable relation, sorted; where there are more, which of them is
    /// left open, but the same ones as long as nothing changes.
    ///
    /// # Panics
    /// As [`rows`](Engine::rows) does.
    pub fn some_rows(&mut self, relation: RelationId, most: usize) -> Vec<Row> {
        let mut rows = self.rows_at_most(relation, &[], most);
        rows.truncate(most);
        rows
    }

    fn rows_at_most(
        &mut self,
        relation: RelationId,
        pattern: &[Option<Value>],
        most: usize,
    ) -> Vec<Row> {
        let dictionary = &self.around.dictionary;
        let word = |value: &Option<Value>| match value {
            Some(value) => find(value, dictionary).map(Some),
            None => Some(None),
        };
        // A text that was never met is in no row.
        let Some(pattern) = pattern.iter().map(word).collect() else { return Vec::new() };
        let question = Question { pattern, most };
        let words = match self.facts.has(relation) {
            true => self.facts.rows(relation, &question),
            false if self.revision.0 == 0 => Vec::new(),
            false => loop {
                match self.crew.rows(relation, &question) {
                    Ok(rows) => break rows,
                    Err(_) => self.rebuild(&Changes::new()),
                }
            },
        };
        let types = self.types(relation);
        let mut rows: Vec<Row> = words
            .iter()
            .map(|row| decode_row(row.words(), &types, &self.around.dictionary))
            .collect();
        rows.sort_unstable();
        rows
    }

    /// The next moment at which a comparison with the clock, or today's date, changes.
    pub fn next_alarm(&self) -> Option<Timestamp> {
        let clock = self.next_alarm.and_then(Timestamp::from_micros);
        let midnight = self.today.filter(|_| self.uses_today()).and_then(|today| {
            Date::from_days(i64::from(today.days()) + 1)?.midnight(&self.plan.zone)
        });
        clock.into_iter().chain(midnight).min()
    }

    /// The moment of the last transaction.
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// The number of the last transaction; 0 before the first.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// How many distinct texts are held: those of all rows and rules, and those that were not yet
    /// found to be in none.
    pub fn texts(&self) -> usize {
        self.around.dictionary.len()
    }

    /// How many updates operators have handled so far, in all workers: a measure of work that
    /// no clock can blur.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// From now on, measures what each operator and index costs.
    pub fn measure(&mut self, stopwatch: Stopwatch) {
        (self.stopwatch, self.facts_time) = (Some(stopwatch), Duration::ZERO);
        self.crew.measure(stopwatch);
    }

    /// What operators and indexes have cost since they are measured, all workers together.
    ///
    /// # Panics
    /// If they are not measured.
    pub fn profile(&self) -> Profile {
        assert!(self.stopwatch.is_some(), "only what is measured has a profile");
        let mut profile = self.crew.profile();
        profile.facts = self.facts_time;
        for (relation, held) in self.facts.lens() {
            if let Some(node) = self.plan.relations[relation.index()] {
                profile.add(Part::Node(node), Cost { held: held as u64, ..Cost::default() });
            }
        }
        profile
    }

    fn step(&mut self, now: Timestamp, changes: Changes, watched: &mut Watched) {
        let facts = changes.iter().filter(|(relation, _)| self.plan.watched.contains(relation));
        let facts: Changes = facts.cloned().collect();
        let outcomes = self.step_all(now, changes);
        let told = self.told.as_ref();
        let is_told = |relation: &RelationId| told.is_none_or(|told| told.contains(relation));
        let mut note = |(relation, rows): (RelationId, Batch)| {
            if is_told(&relation) {
                match watched.entry(relation) {
                    Entry::Vacant(place) => {
                        place.insert(rows);
                    }
                    Entry::Occupied(mut noted) => noted.get_mut().append(&rows),
                }
            }
        };
        facts.into_iter().for_each(&mut note);
        self.errors = ErrorCounts::new();
        (self.next_alarm, self.updates) = (None, 0);
        for outcome in outcomes {
            self.updates += outcome.updates;
            outcome.watched.into_iter().for_each(&mut note);
            for (key, count) in outcome.errors {
                let known = self.errors.entry(key).or_insert(0);
                *known = known.saturating_add(count);
            }
            let alarms = self.next_alarm.into_iter().chain(outcome.next_alarm);
            self.next_alarm = alarms.min();
        }
    }

    /// Has all workers take a step.
    fn step_all(&mut self, now: Timestamp, changes: Changes) -> Vec<Outcome> {
        if !self.crew.can_be_lost() {
            return self.crew.step(Step { now, changes }).expect("none can be lost");
        }
        loop {
            match self.crew.step(Step { now, changes: changes.clone() }) {
                Ok(outcomes) => {
                    self.stepped = Some(now);
                    return outcomes;
                }
                Err(_) => self.rebuild(&changes),
            }
        }
    }

    /// Makes the workers anew, as they were before these changes, which the facts have already.
    fn rebuild(&mut self, without: &Changes) {
        loop {
            self.crew.renew();
            let Some(now) = self.stepped else { return };
            let mut before: BTreeMap<RelationId, Batch> = self.facts.all().into_iter().collect();
            for (relation, rows) in without {
                let all = before.entry(*relation).or_insert_with(|| Batch::new(rows.width()));
                all.append(&rows.clone().negated());
                all.consolidate();
            }
            if self.crew.step(Step { now, changes: before.into_iter().collect() }).is_ok() {
                return;
            }
        }
    }

    /// Forgets the texts that are in no row. It is done by itself as well, each time when looking
    /// at all rows will have cost little for each text that came since.
    pub fn forget_texts(&mut self) {
        let census = loop {
            let mut census = self.around.dictionary.census();
            self.facts.count(&mut census);
            match self.crew.count(&mut census) {
                Ok(()) => break census,
                Err(_) => self.rebuild(&Changes::new()),
            }
        };
        let dictionary = &self.around.dictionary;
        dictionary.forget_unseen(&census);
        self.crew.forget(&census);
        let held = dictionary.len();
        self.texts_max = self.limits.texts.max(held * 2).max(held + census.rows() / 4);
    }

    fn uses_today(&self) -> bool {
        self.plan.relations[self.plan.builtins.today.index()].is_some()
    }

    /// What the moment changes in today's date.
    fn set_today(&mut self, now: Timestamp) -> Changes {
        // Where clocks go back over midnight, the date does not.
        let today = Some(now.date(&self.plan.zone)).max(self.today);
        self.today = today;
        if let Some(today) = today.filter(|_| self.uses_today()) {
            let row = Words::from_slice(&[encode_signed(i64::from(today.days()))]);
            return self.facts.replace(self.plan.builtins.today, &[row]);
        }
        Changes::new()
    }

    /// What changed in `rule_error`, where anybody asks for it.
    fn error_changes(&mut self) -> Changes {
        let relation = self.plan.builtins.rule_error;
        if self.plan.relations[relation.index()].is_none() {
            return Changes::new();
        }
        let rows = rows_of(&self.errors, &self.plan, &self.around.dictionary);
        self.facts.replace(relation, &rows)
    }

    fn decode(&self, watched: Watched) -> Vec<RelationDelta> {
        let changes = watched.into_iter().map(|(relation, rows)| {
            let (inserted, deleted) =
                decode_changes(rows, &self.types(relation), &self.around.dictionary);
            RelationDelta { relation, inserted, deleted }
        });
        changes.filter(|delta| !(delta.inserted.is_empty() && delta.deleted.is_empty())).collect()
    }

    fn types(&self, relation: RelationId) -> Vec<Type> {
        self.plan.schema.relation(relation).columns.iter().map(|column| column.ty).collect()
    }
}

/// Whether a relation's facts are given to the engine, or kept by it, rather than derived.
fn is_given(plan: &Plan, relation: RelationId) -> bool {
    match plan.relations[relation.index()] {
        // A relation that is nothing but another shares its node.
        Some(node) => plan.nodes[node.index()].operator == Operator::Base(relation),
        None => plan.is_written(relation),
    }
}
