//! One instance explained: its own clauses, its latest attempt, who asks for it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::attempt::Attempt;
use super::clauses::Clauses;
use super::explanation::{
    Asked, ClauseView, Details, Explanation, Limits, Live, Outcome, Reason, Several, State, Waiver,
};
use super::facts::{Facts, ReadRows};
use super::instance::{Instance, Key};
use super::notation::Bindings;
use super::search::{bind_head, evaluate, head_row, search};
use super::tree::Tree;
use super::views::{holding, view};
use crate::model::{Row, Timestamp, Value};
use crate::program::{Literal, Program, Term};

/// What a running server knows of an instance of a goal.
pub type AskLive<'a> = dyn FnMut(&str, &Row) -> Option<Live> + 'a;

/// How many of the instances that ask for one are shown.
const ASKING_SHOWN_MAX: usize = 5;

/// How many of the instances that ask for one are counted.
const ASKING_MAX: usize = 1_000_000;

/// A program's rows at one moment, and what is known beside them.
pub struct World<'a> {
    pub program: &'a Program,
    pub now: Timestamp,
    /// Reads relations that feeds write, and those of [`readable`](super::readable).
    pub rows: &'a mut ReadRows<'a>,
    pub live: &'a mut AskLive<'a>,
}

/// Explains one instance.
///
/// # Panics
/// If the program has no such goal.
pub fn explain(world: World<'_>, instance: &Instance, limits: Limits) -> Explanation {
    let now = world.now;
    let mut explainer = Explainer::new(world);
    let goals = &explainer.clauses.goals;
    let goal = goals.iter().position(|goal| goal.goal.name == instance.goal);
    let key = (goal.expect("the instance is of this program"), instance.row.clone());
    let asked = explainer.asked(&key);
    let instance = Tree::new(&mut explainer, limits).root(key);
    Explanation { now, instance, asked }
}

/// Asks one thing after the other of a world.
pub(super) struct Explainer<'a> {
    pub(super) clauses: Clauses<'a>,
    pub(super) facts: Facts<'a>,
    live: &'a mut AskLive<'a>,
}

/// What an instance needs by one of its clauses, sorted.
pub(super) struct Needed {
    pub(super) instances: BTreeSet<Key>,
    pub(super) is_cut: bool,
}

impl<'a> Explainer<'a> {
    pub(super) fn new(world: World<'a>) -> Explainer<'a> {
        let clauses = Clauses::of(world.program);
        let facts = Facts::new(world.program, world.now, world.rows);
        Explainer { clauses, facts, live: world.live }
    }

    pub(super) fn state(&mut self, key: &Key) -> State {
        let relation = self.clauses.goals[key.0].state;
        match self.facts.starting(relation, &key.1).first() {
            Some(row) => state_of(row),
            None => State::NotExpected,
        }
    }

    pub(super) fn live(&mut self, key: &Key) -> Option<Live> {
        (self.live)(&self.clauses.goals[key.0].goal.name, &key.1)
    }

    pub(super) fn attempt(&mut self, key: &Key) -> Option<Attempt> {
        let goal = &self.clauses.goals[key.0];
        let row = self.facts.starting(goal.attempt, &key.1).into_iter().next()?;
        Some(Attempt::read(&row, key.1.len(), goal.goal.action.as_ref(), self.facts.now))
    }

    /// What the instance needs by one of its `needs` clauses.
    pub(super) fn needed(&mut self, key: &Key, place: usize) -> Needed {
        let need = &self.clauses.goals[key.0].needs[place];
        let (rule, goal, program) = (&need.rule, need.goal, self.clauses.program);
        let mut bindings: Bindings = vec![None; rule.variables.len()];
        let Some(Literal::Atom(above)) = rule.body.first() else {
            panic!("a need begins with who has it");
        };
        for (term, value) in above.terms.iter().zip(&key.1) {
            if let Term::Variable(variable) = term {
                bindings[variable.index()] = Some(value.clone());
            }
        }
        let mut instances = BTreeSet::new();
        let ended = search(&mut self.facts, rule, 1, bindings, &mut |bindings, _| {
            instances.extend(head_row(program, rule, bindings).map(|row| (goal, row)));
            ControlFlow::Continue(())
        });
        Needed { instances, is_cut: ended.is_cut }
    }

    /// When the instance is due: the earliest that a clause says.
    pub(super) fn due(&mut self, key: &Key) -> Option<Timestamp> {
        let program = self.clauses.program;
        let mut earliest: Option<Timestamp> = None;
        for due in &self.clauses.goals[key.0].due {
            let Some(bindings) = bind_head(&due.rule, &key.1) else { continue };
            search(&mut self.facts, &due.rule, 1, bindings, &mut |bindings, _| {
                if let Ok(Value::Time(moment)) = evaluate(program, &due.moment, bindings) {
                    earliest = Some(earliest.map_or(moment, |before| before.min(moment)));
                }
                ControlFlow::Continue(())
            });
        }
        earliest
    }

    pub(super) fn details(&mut self, key: &Key, state: State) -> Details {
        let goal = &self.clauses.goals[key.0];
        let facts = &mut self.facts;
        let mut details = Details {
            is_milestone: goal.is_milestone,
            has_action: goal.goal.action.is_some(),
            ..Details::default()
        };
        if state.is_missing() {
            for clause in &goal.working {
                let Some(proof) = holding(facts, clause, &key.1) else { continue };
                let (clause, outcome) = (clause.text.clone(), Outcome::Holds(proof));
                details.working.push(ClauseView { clause, outcome });
            }
            for (clauses, found) in
                [(&goal.hold, &mut details.held), (&goal.gone, &mut details.gone)]
            {
                for clause in clauses {
                    let Some(proof) = holding(facts, clause, &key.1) else { continue };
                    let reason = clause.reason().expect("such a clause gives a reason");
                    found.push(Reason { reason, proof: Some(proof) });
                }
            }
        }
        let waiver = facts.starting(goal.waiver, &key.1).into_iter().next();
        details.waiver = waiver.map(|row| read_waiver(&row, key.1.len(), facts.now));
        details.attempt = self.attempt(key);
        details.live = self.live(key);
        if let Some(attempt) = details.attempt.as_ref().filter(|one| one.outcome == "gone")
            && state.is_missing()
        {
            details.gone.push(Reason { reason: attempt.message.clone(), proof: None });
        }
        details
    }

    /// Every `ok` clause of the instance.
    pub(super) fn ok(&mut self, key: &Key) -> Vec<ClauseView> {
        let goal = &self.clauses.goals[key.0];
        goal.ok.iter().map(|clause| view(&mut self.facts, clause, &key.1)).collect()
    }

    fn asked(&mut self, key: &Key) -> Asked {
        let goal = &self.clauses.goals[key.0];
        let clauses = goal.expect.iter();
        let clauses = clauses.map(|clause| view(&mut self.facts, clause, &key.1)).collect();
        let is_given = !self.facts.matching(goal.own, &given(&key.1)).is_empty();
        let mut asking: BTreeSet<(Key, State)> = BTreeSet::new();
        let mut is_cut = false;
        for (above, need) in self.clauses.demands(key.0) {
            let (rule, program) = (&need.rule, self.clauses.program);
            let Some(bindings) = bind_head(rule, &key.1) else { continue };
            let ended = search(&mut self.facts, rule, 0, bindings, &mut |bindings, steps| {
                if head_row(program, rule, bindings).as_ref() != Some(&key.1) {
                    return ControlFlow::Continue(());
                }
                let step = steps.iter().find(|step| step.literal == 0);
                let row = step.and_then(|step| step.row.as_ref()).expect("an atom has a row");
                asking.insert(((above, row[..row.len() - 1].to_vec()), state_of(row)));
                if asking.len() < ASKING_MAX {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            is_cut |= ended.is_cut || asking.len() >= ASKING_MAX;
        }
        let (missing, settled): (Vec<_>, Vec<_>) =
            asking.into_iter().partition(|(_, state)| state.is_missing());
        let several = |instances: Vec<(Key, State)>| {
            let shown = instances.iter().take(ASKING_SHOWN_MAX);
            let shown = shown.map(|(key, state)| (Instance::of(&self.clauses, key), *state));
            Several { total: instances.len(), shown: shown.collect(), is_cut }
        };
        Asked { clauses, is_given, needed_by: several(missing), settled: several(settled) }
    }
}

/// The state in the last column of a row.
pub(super) fn state_of(row: &Row) -> State {
    let state = match row.last() {
        Some(Value::Text(state)) => State::from_name(state),
        _ => None,
    };
    state.unwrap_or_else(|| panic!("{row:?} ends in no state"))
}

fn given(row: &Row) -> Vec<Option<Value>> {
    row.iter().cloned().map(Some).collect()
}

fn read_waiver(row: &Row, width: usize, now: Timestamp) -> Waiver {
    let [Value::Time(until), Value::Text(reason), Value::Text(who)] = &row[width..] else {
        panic!("a waiver has other columns than {row:?}");
    };
    let is_in_force = now < *until;
    Waiver { until: *until, reason: reason.to_string(), who: who.to_string(), is_in_force }
}
