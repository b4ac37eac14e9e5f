//! A rule between text and [`Program`](super::Program): names are resolved, types are still
//! nodes, and equalities are not yet told apart into those that bind and those that test.

use std::rc::Rc;

use super::expand::Origin;
use super::typing::Node;
use super::{AggregateFunction, VariableId};
use crate::diagnostic::Span;
use crate::model::{Comparison, Function, RelationId};
use crate::syntax::ast::{Constant, DurationLiteral};

pub(super) struct Draft {
    /// `None` where the head could not be resolved: the body is checked all the same.
    pub relation: Option<RelationId>,
    pub head: Vec<HeadTerm>,
    pub body: Vec<Literal>,
    pub variables: Vec<Variable>,
    pub span: Span,
    /// The head as written.
    pub label: Rc<str>,
    pub origin: Origin,
}

pub(super) struct Variable {
    pub name: String,
    pub node: Node,
    /// It stands for an expression inside an atom.
    pub made: bool,
    /// Something that could not be resolved may bind it.
    pub excused: bool,
}

pub(super) enum HeadTerm {
    Value(Expr),
    Aggregate { function: AggregateFunction, arguments: Vec<Expr>, node: Node },
}

pub(super) enum Literal {
    Atom {
        relation: RelationId,
        negated: bool,
        terms: Vec<Term>,
        span: Span,
    },
    /// `left = right`; what it does is decided when it is known what else binds its variables.
    Equation {
        left: Expr,
        right: Expr,
        role: Role,
        span: Span,
    },
    Test {
        condition: Expr,
        span: Span,
    },
    In(In),
    Clock {
        comparison: Comparison,
        moment: Expr,
        span: Span,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    Test,
    BindLeft,
    BindRight,
}

pub(super) struct In {
    pub value: Expr,
    pub from: Expr,
    pub to: Expr,
    pub inclusive: bool,
    pub step: Option<Step>,
    /// Whether it gives its value, rather than testing it.
    pub binds: bool,
    pub span: Span,
}

/// The literal after `step`.
pub(super) struct Step {
    pub constant: Constant,
    pub span: Span,
}

pub(super) enum Term {
    Wildcard,
    Variable(VariableId, Span),
    Constant(Expr),
}

#[derive(Clone)]
pub(super) struct Expr {
    pub kind: ExprKind,
    pub node: Node,
    pub span: Span,
}

#[derive(Clone)]
pub(super) enum ExprKind {
    Constant(Constant),
    Variable(VariableId),
    Call {
        callee: Callee,
        arguments: Vec<Expr>,
    },
    /// A date, time or duration and a literal that is added or subtracted (then it is negative).
    Shift {
        operand: Box<Expr>,
        by: DurationLiteral,
    },
    /// Something that was refused; it stands for no value.
    Broken,
}

/// What is called; `+` and `-` mean different functions for different types.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    Function(Function),
    Add,
    Subtract,
}

impl Expr {
    /// Calls `visit` for every variable in it and where it stands.
    pub fn variables(&self, visit: &mut impl FnMut(VariableId, Span)) {
        match &self.kind {
            ExprKind::Constant(_) | ExprKind::Broken => {}
            ExprKind::Variable(variable) => visit(*variable, self.span),
            ExprKind::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| argument.variables(visit));
            }
            ExprKind::Shift { operand, .. } => operand.variables(visit),
        }
    }

    /// The variable that it is.
    pub fn as_variable(&self) -> Option<VariableId> {
        match self.kind {
            ExprKind::Variable(variable) => Some(variable),
            _ => None,
        }
    }
}
