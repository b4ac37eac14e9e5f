//! Clauses as an explanation shows them: the facts that make one hold, or how far it comes.

use std::ops::ControlFlow;

use super::clauses::Clause;
use super::explanation::{ClauseView, Failing, Outcome, Proof};
use super::facts::Facts;
use super::notation::{Bindings, Notation};
use super::search::{DeadEnd, Ended, Step, bind_head, evaluate, pattern, search};
use crate::model::{Comparison, Function, Row, Timestamp, Value};
use crate::program::{Atom, Expr, Literal, Program, Rule, Term};

/// How many facts are shown that are nearly what a clause asks for.
const NEAR_MAX: usize = 3;

/// Whether a clause holds for the instance, and why.
pub(super) fn view(facts: &mut Facts<'_>, clause: &Clause<'_>, instance: &Row) -> ClauseView {
    let (proof, ended) = try_clause(facts, clause, instance);
    let outcome = match proof {
        Some(proof) => Outcome::Holds(proof),
        None if ended.is_cut => Outcome::TooMuch,
        None => {
            let given = bind_clause(clause, instance);
            let ends = ended.dead_ends.iter();
            Outcome::Fails(ends.map(|end| failing(facts, clause.rule, end, &given)).collect())
        }
    };
    ClauseView { clause: clause.text.clone(), outcome }
}

/// Why a clause holds for the instance, if it does.
pub(super) fn holding(facts: &mut Facts<'_>, clause: &Clause<'_>, instance: &Row) -> Option<Proof> {
    try_clause(facts, clause, instance).0
}

fn bind_clause(clause: &Clause<'_>, instance: &Row) -> Bindings {
    bind_head(clause.rule, instance).expect("the head of a clause is any instance")
}

fn try_clause(
    facts: &mut Facts<'_>,
    clause: &Clause<'_>,
    instance: &Row,
) -> (Option<Proof>, Ended) {
    let (program, rule) = (facts.program, clause.rule);
    let mut proofs = Vec::new();
    let given = bind_clause(clause, instance);
    let ended = search(facts, rule, clause.from, given, &mut |bindings, steps| {
        proofs.push(proof(program, rule, bindings, steps));
        if proofs.len() < PROOFS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    // The first of those that hold the longest.
    let until = |proof: &Proof| std::cmp::Reverse(proof.until.unwrap_or(Timestamp::MAX));
    (proofs.into_iter().min_by_key(until), ended)
}

/// How many proofs are compared.
const PROOFS_MAX: usize = 100;

/// What a match is made of.
pub(super) fn proof(program: &Program, rule: &Rule, bindings: &Bindings, steps: &[Step]) -> Proof {
    let notation = Notation { program, rule, values: Some(bindings) };
    let mut proof = Proof { facts: held(&notation, steps), ..Proof::default() };
    for step in steps {
        let Literal::Clock { comparison, moment, .. } = &rule.body[step.literal] else { continue };
        let Ok(Value::Time(moment)) = evaluate(program, moment, bindings) else { continue };
        match comparison {
            Comparison::Less | Comparison::LessOrEqual => {
                proof.until = Some(proof.until.map_or(moment, |until| until.min(moment)));
            }
            Comparison::Greater | Comparison::GreaterOrEqual => {
                proof.since = Some(proof.since.map_or(moment, |since| since.max(moment)));
            }
            Comparison::Equal | Comparison::NotEqual => {}
        }
    }
    proof
}

/// The facts among the steps, and the absences.
fn held(notation: &Notation<'_>, steps: &[Step]) -> Vec<String> {
    let fact = |step: &Step| match (&notation.rule.body[step.literal], &step.row) {
        (Literal::Atom(atom), Some(row)) => Some(fact(notation.program, atom, row)),
        (Literal::Atom(atom), None) => Some(notation.atom(atom)),
        _ => None,
    };
    let mut steps: Vec<&Step> = steps.iter().collect();
    // In the order in which the clause is written.
    steps.sort_by_key(|step| step.literal);
    steps.into_iter().filter_map(fact).collect()
}

fn fact(program: &Program, atom: &Atom, row: &Row) -> String {
    let terms: Vec<String> = row.iter().map(Value::to_string).collect();
    format!("{}({})", program.schema.relation(atom.relation).name, terms.join(", "))
}

fn failing(facts: &mut Facts<'_>, rule: &Rule, end: &DeadEnd, given: &Bindings) -> Failing {
    let program = facts.program;
    let written = Notation { program, rule, values: None };
    let valued = Notation { program, rule, values: Some(&end.bindings) };
    let literal = &rule.body[end.literal];
    let mut near = Vec::new();
    let mut reason = match literal {
        Literal::Atom(atom) if atom.negated => {
            let row = end.row.as_ref().expect("a fact stands against it");
            format!("there is {}", fact(program, atom, row))
        }
        Literal::Atom(atom) => {
            near = nearly(facts, atom, given, &end.bindings);
            format!("there is no {}", valued.atom(atom))
        }
        Literal::Clock { comparison, moment, .. } => {
            match evaluate(program, moment, &end.bindings) {
                Ok(moment) => {
                    let when = clock(*comparison, &moment.to_string());
                    format!("{} fails: {when}", written.literal(literal))
                }
                Err(_) => String::new(),
            }
        }
        Literal::Range(range) => {
            let shown = valued.literal(literal);
            match end.bindings[range.variable.index()] {
                Some(_) => shown.replacen(" in ", " is not in ", 1),
                None => format!("{shown} has no value"),
            }
        }
        Literal::Test { condition, .. } => test(&written, &valued, condition),
        Literal::Assign { variable, value, .. } => {
            let is = valued.expr(&Expr::Variable(*variable));
            match evaluate(program, value, &end.bindings) {
                Ok(worth) => {
                    let (wanted, worth) = (written.expr(value), worth.to_string());
                    let which = if wanted == worth { String::new() } else { format!(" = {worth}") };
                    format!("{is} is not {wanted}{which}")
                }
                Err(_) => String::new(),
            }
        }
    };
    if let Some(error) = end.no_value {
        let what = match literal {
            Literal::Assign { value, .. } => written.expr(value),
            literal => written.literal(literal),
        };
        reason = format!("{what} has no value: {error}");
    }
    Failing { holds: held(&valued, &end.steps), literal: written.literal(literal), reason, near }
}

fn clock(comparison: Comparison, moment: &str) -> String {
    match comparison {
        Comparison::Less | Comparison::LessOrEqual => format!("it held until {moment}"),
        Comparison::Greater | Comparison::GreaterOrEqual => format!("it holds from {moment} on"),
        Comparison::Equal | Comparison::NotEqual => format!("it is about {moment}"),
    }
}

/// `2026-04-25 is not in 2026-03-01..=2026-03-31`, or `n > 0 fails: n is 0`.
fn test(written: &Notation<'_>, valued: &Notation<'_>, condition: &Expr) -> String {
    if let Expr::Call { function: Function::InRange { .. }, .. } = condition {
        return valued.expr(condition).replacen(" in ", " is not in ", 1);
    }
    let mut variables = Vec::new();
    condition.variables(&mut |variable| {
        if !variables.contains(&variable) {
            variables.push(variable);
        }
    });
    let worth = |variable: &crate::program::VariableId| {
        let value = valued.expr(&Expr::Variable(*variable));
        format!("{} is {value}", written.name(*variable))
    };
    let values: Vec<String> = variables.iter().map(worth).collect();
    match values.as_slice() {
        [] => format!("{} never holds", written.expr(condition)),
        values => format!("{} fails: {}", written.expr(condition), values.join(" and ")),
    }
}

/// Facts with the instance's parameters where the atom has them, and other values elsewhere.
fn nearly(
    facts: &mut Facts<'_>,
    atom: &Atom,
    given: &Bindings,
    bindings: &Bindings,
) -> Vec<String> {
    let asked = pattern(atom, bindings);
    let loose = |(term, value): (&Term, &Option<Value>)| match term {
        Term::Variable(variable) if given[variable.index()].is_some() => value.clone(),
        Term::Variable(_) | Term::Constant(_) | Term::Wildcard => None,
    };
    let near: Vec<Option<Value>> = atom.terms.iter().zip(&asked).map(loose).collect();
    if near == asked || near.iter().all(Option::is_none) {
        return Vec::new();
    }
    let rows = facts.matching(atom.relation, &near);
    rows.iter().take(NEAR_MAX).map(|row| fact(facts.program, atom, row)).collect()
}
