//! What the literals and the head of a rule ask for, and what they give.

use crate::program::{HeadTerm, Literal, Rule, Term, VariableId};

/// The variables that the head's values are made of.
pub(super) fn head_variables(rule: &Rule) -> Vec<VariableId> {
    let mut variables = Vec::new();
    let mut note = |variable: VariableId| variables.push(variable);
    for term in &rule.head.terms {
        match term {
            HeadTerm::Value(expr) => expr.variables(&mut note),
            HeadTerm::Aggregate(aggregate) => {
                aggregate.arguments.iter().for_each(|expr| expr.variables(&mut note));
            }
        }
    }
    variables
}

/// Whether a literal makes rows that others are joined with.
pub(super) fn is_generator(literal: &Literal) -> bool {
    match literal {
        Literal::Atom(atom) => !atom.negated,
        Literal::Range(_) => true,
        Literal::Assign { .. } | Literal::Test { .. } | Literal::Clock { .. } => false,
    }
}

pub(super) fn mentions(literal: &Literal, variable: VariableId) -> bool {
    variables_of(literal).contains(&variable) || assigned(literal) == Some(variable)
}

/// The variable that a literal gives a value to.
pub(super) fn assigned(literal: &Literal) -> Option<VariableId> {
    match literal {
        Literal::Assign { variable, .. } => Some(*variable),
        Literal::Range(range) => Some(range.variable),
        Literal::Atom(_) | Literal::Test { .. } | Literal::Clock { .. } => None,
    }
}

/// The variables that a literal needs bound before it can be applied.
pub(super) fn variables_of(literal: &Literal) -> Vec<VariableId> {
    let mut variables = Vec::new();
    let mut note = |variable: VariableId| variables.push(variable);
    match literal {
        Literal::Clock { moment, .. } => moment.variables(&mut note),
        Literal::Test { condition, .. } => condition.variables(&mut note),
        Literal::Assign { value, .. } => value.variables(&mut note),
        Literal::Range(range) => {
            range.from.variables(&mut note);
            range.to.variables(&mut note);
        }
        Literal::Atom(atom) => {
            for term in &atom.terms {
                if let Term::Variable(variable) = term {
                    note(*variable);
                }
            }
        }
    }
    variables
}
