//! When rows are a set already, so that making them distinct would be wasted: functional
//! dependencies from keys, followed from the head's variables through the body.

use crate::model::RelationKind;
use crate::program::{Atom, Expr, Head, HeadTerm, Literal, Program, Rule, Term, VariableId};

/// Whether each combination of those of the atom's variables that are `kept` matches at most one
/// fact.
pub fn is_unique(program: &Program, atom: &Atom, kept: impl Fn(VariableId) -> bool) -> bool {
    key_of(program, atom).iter().all(|column| match &atom.terms[*column] {
        Term::Constant(_) => true,
        Term::Variable(variable) => kept(*variable),
        Term::Wildcard => false,
    })
}

/// Whether the rule derives each row of its head in at most one way.
pub fn derives_once(program: &Program, rule: &Rule) -> bool {
    let mut known = head_variables(&rule.head);
    while let Some(more) = rule.body.iter().find_map(|literal| implied(program, &known, literal)) {
        known.extend(more);
    }
    rule.body.iter().all(|literal| match literal {
        Literal::Atom(atom) if atom.negated => true,
        Literal::Atom(atom) => determined(program, &known, atom),
        Literal::Assign { .. } | Literal::Test { .. } | Literal::Clock { .. } => true,
        Literal::Range(range) => known.contains(&range.variable),
    })
}

/// Variables that follow from known ones by one literal, if there are new ones.
fn implied(program: &Program, known: &[VariableId], literal: &Literal) -> Option<Vec<VariableId>> {
    let candidates: Vec<VariableId> = match literal {
        Literal::Atom(atom) if !atom.negated && determined(program, known, atom) => {
            let variable = |term: &Term| match term {
                Term::Variable(variable) => Some(*variable),
                Term::Wildcard | Term::Constant(_) => None,
            };
            atom.terms.iter().filter_map(variable).collect()
        }
        Literal::Assign { variable, value, .. } if all_known(value, known) => vec![*variable],
        Literal::Atom(_)
        | Literal::Assign { .. }
        | Literal::Test { .. }
        | Literal::Range(_)
        | Literal::Clock { .. } => Vec::new(),
    };
    let new: Vec<VariableId> = candidates.into_iter().filter(|v| !known.contains(v)).collect();
    (!new.is_empty()).then_some(new)
}

/// Whether the known variables pick at most one fact.
fn determined(program: &Program, known: &[VariableId], atom: &Atom) -> bool {
    key_of(program, atom).iter().all(|column| match &atom.terms[*column] {
        Term::Constant(_) => true,
        Term::Variable(variable) => known.contains(variable),
        Term::Wildcard => false,
    })
}

fn key_of(program: &Program, atom: &Atom) -> Vec<usize> {
    let relation = program.schema.relation(atom.relation);
    match (&relation.key, relation.kind) {
        (Some(key), RelationKind::Input | RelationKind::Observe) => key.clone(),
        _ if atom.relation == program.builtins.today => Vec::new(),
        _ => (0..atom.terms.len()).collect(),
    }
}

fn all_known(expr: &Expr, known: &[VariableId]) -> bool {
    let mut all = true;
    expr.variables(&mut |variable| all &= known.contains(&variable));
    all
}

/// The variables that stand in the head as they are.
fn head_variables(head: &Head) -> Vec<VariableId> {
    let variable = |term: &HeadTerm| match term {
        HeadTerm::Value(Expr::Variable(variable)) => Some(*variable),
        HeadTerm::Value(_) | HeadTerm::Aggregate(_) => None,
    };
    head.terms.iter().filter_map(variable).collect()
}
