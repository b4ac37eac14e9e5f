//! Which variables and calls an [`ast`](crate::syntax::ast) fragment mentions, and which
//! variables a body binds, as far as that can be seen before names are resolved.

use std::collections::HashSet;

use crate::syntax::ast::{
    Arguments, BinaryOperator, Call, Clause, ClauseKind, Expr, ExprKind, File, Literal,
    LiteralKind, Range, StatementKind,
};

/// Calls `visit` for every expression below and with `expr`, parents first, left to right.
pub(super) fn expressions<'a>(expr: &'a Expr, visit: &mut impl FnMut(&'a Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Constant(_) | ExprKind::Variable(_) | ExprKind::Wildcard | ExprKind::Now => {}
        ExprKind::Call(call) => call_expressions(call, visit),
        ExprKind::Negate(inner) | ExprKind::Parenthesis(inner) => expressions(inner, visit),
        ExprKind::Binary(_, left, right) => {
            expressions(left, visit);
            expressions(right, visit);
        }
    }
}

/// The same for the arguments of a call.
pub(super) fn call_expressions<'a>(call: &'a Call, visit: &mut impl FnMut(&'a Expr)) {
    arguments(call).into_iter().for_each(|argument| expressions(argument, visit));
}

/// The same for a literal.
pub(super) fn literal_expressions<'a>(literal: &'a Literal, visit: &mut impl FnMut(&'a Expr)) {
    match &literal.kind {
        LiteralKind::Positive(expr) | LiteralKind::Negative(expr) => expressions(expr, visit),
        LiteralKind::In { value, range } => {
            expressions(value, visit);
            range_expressions(range, visit);
        }
    }
}

fn range_expressions<'a>(range: &'a Range, visit: &mut impl FnMut(&'a Expr)) {
    expressions(&range.from, visit);
    expressions(&range.to, visit);
    if let Some(step) = &range.step {
        expressions(step, visit);
    }
}

/// The arguments of a call, named or not, in order.
pub(super) fn arguments(call: &Call) -> Vec<&Expr> {
    match &call.arguments {
        Arguments::Positional(terms) => terms.iter().collect(),
        Arguments::Named(terms) => terms.iter().map(|(_, term)| term).collect(),
    }
}

/// Takes off the parentheses around an expression.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Parenthesis(inner) => bare(inner),
        _ => expr,
    }
}

/// The variables of an expression.
pub(super) fn variables_of(expr: &Expr) -> HashSet<&str> {
    let mut found = HashSet::new();
    expressions(expr, &mut |part| {
        if let ExprKind::Variable(name) = &part.kind {
            found.insert(name.as_str());
        }
    });
    found
}

/// The variables of a body.
pub(super) fn body_variables(body: &[Literal]) -> HashSet<&str> {
    let mut found = HashSet::new();
    for literal in body {
        literal_expressions(literal, &mut |part| {
            if let ExprKind::Variable(name) = &part.kind {
                found.insert(name.as_str());
            }
        });
    }
    found
}

/// The variables that a body binds: by atoms, equalities and ranges.
pub(super) fn bound_variables(body: &[Literal]) -> HashSet<&str> {
    let mut bound = HashSet::new();
    loop {
        let before = bound.len();
        for literal in body {
            bind(literal, &mut bound);
        }
        if bound.len() == before {
            return bound;
        }
    }
}

fn bind<'a>(literal: &'a Literal, bound: &mut HashSet<&'a str>) {
    match &literal.kind {
        LiteralKind::Negative(_) => {}
        LiteralKind::Positive(expr) => match &bare(expr).kind {
            ExprKind::Call(call) if !is_boolean_function(&call.name.text) => {
                for argument in arguments(call) {
                    if let ExprKind::Variable(name) = &bare(argument).kind {
                        bound.insert(name);
                    }
                }
            }
            ExprKind::Binary(BinaryOperator::Equal, left, right) => {
                equate(left, right, bound);
                equate(right, left, bound);
            }
            _ => {}
        },
        LiteralKind::In { value, range } => {
            if let ExprKind::Variable(name) = &bare(value).kind
                && variables_of(&range.from).is_subset(bound)
                && variables_of(&range.to).is_subset(bound)
            {
                bound.insert(name);
            }
        }
    }
}

fn equate<'a>(variable: &'a Expr, value: &'a Expr, bound: &mut HashSet<&'a str>) {
    if let ExprKind::Variable(name) = &bare(variable).kind
        && variables_of(value).is_subset(bound)
        && !matches!(bare(value).kind, ExprKind::Now)
    {
        bound.insert(name);
    }
}

/// The functions that may stand as literals; no relation may have their names.
pub(super) fn is_boolean_function(name: &str) -> bool {
    matches!(name, "starts_with" | "ends_with" | "contains")
}

/// Every name that stands before a parenthesis in what people wrote.
pub(super) fn mentioned_names(file: &File) -> HashSet<&str> {
    let mut found = HashSet::new();
    for statement in &file.statements {
        match &statement.kind {
            StatementKind::Rule(rule) => {
                rule.body.iter().for_each(|literal| literal_names(literal, &mut found));
            }
            StatementKind::Goal(goal) => {
                goal.clauses.iter().for_each(|clause| clause_names(clause, &mut found));
            }
            StatementKind::Include(_)
            | StatementKind::Timezone(_)
            | StatementKind::Declaration(_)
            | StatementKind::Pool(_) => {}
        }
    }
    found
}

fn literal_names<'a>(literal: &'a Literal, found: &mut HashSet<&'a str>) {
    literal_expressions(literal, &mut |part| {
        if let ExprKind::Call(call) = &part.kind {
            found.insert(call.name.text.as_str());
        }
    });
}

fn clause_names<'a>(clause: &'a Clause, found: &mut HashSet<&'a str>) {
    clause_body(clause).iter().for_each(|literal| literal_names(literal, found));
}

/// The body of a clause; empty where it has none.
pub(super) fn clause_body(clause: &Clause) -> &[Literal] {
    match &clause.kind {
        ClauseKind::Expect(body)
        | ClauseKind::Ok(body)
        | ClauseKind::Working(body)
        | ClauseKind::Needs { body, .. }
        | ClauseKind::Gone { body, .. }
        | ClauseKind::Hold { body, .. }
        | ClauseKind::Due { body, .. } => body,
        ClauseKind::OkNeeds | ClauseKind::Check(_) | ClauseKind::Action(_) => &[],
    }
}
