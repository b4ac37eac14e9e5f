//! Warnings of what people wrote and nothing uses: variables that stand only once, relations
//! that nobody reads, outputs and pools that nothing fills.

use std::collections::HashSet;

use indexmap::IndexMap;

use super::draft::{Draft, Literal};
use super::names::Names;
use super::suggest::did_you_mean;
use super::{builtins, walk};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{RelationId, RelationKind};
use crate::syntax::ast::{
    self, Arguments, BinaryOperator, Call, ClauseKind, Expr, ExprKind, File, JobOptionKind,
    LiteralKind, StatementKind,
};

pub(super) fn warn(
    file: &File,
    names: &Names,
    drafts: &[Draft],
    diagnostics: &mut Vec<Diagnostic>,
) {
    for statement in &file.statements {
        match &statement.kind {
            StatementKind::Rule(rule) if !has_aggregate(&rule.head) => {
                let head = walk::arguments(&rule.head);
                lonely(&head, &rule.body, &HashSet::new(), diagnostics);
            }
            StatementKind::Goal(goal) => {
                let parameters = goal.parameters.iter().map(|p| &*p.name.text).collect();
                for clause in &goal.clauses {
                    let terms = match &clause.kind {
                        ClauseKind::Needs { goal, .. } => walk::arguments(goal),
                        ClauseKind::Due { moment, .. } => vec![moment],
                        _ => Vec::new(),
                    };
                    lonely(&terms, walk::clause_body(clause), &parameters, diagnostics);
                }
            }
            StatementKind::Rule(_)
            | StatementKind::Include(_)
            | StatementKind::Timezone(_)
            | StatementKind::Declaration(_)
            | StatementKind::Pool(_) => {}
        }
    }
    relations(names, drafts, diagnostics);
    pools(file, diagnostics);
}

/// Aggregates run over all columns of the rows: naming one there says what is counted.
fn has_aggregate(head: &Call) -> bool {
    walk::arguments(head).into_iter().any(|term| match &walk::bare(term).kind {
        ExprKind::Call(call) => builtins::aggregate(&call.name.text).is_some(),
        _ => false,
    })
}

/// Variables that stand once, where an atom, an equality or a range binds them.
fn lonely(
    terms: &[&Expr],
    body: &[ast::Literal],
    parameters: &HashSet<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for term in terms {
        walk::expressions(term, &mut |part| add(part, &mut counts));
    }
    for literal in body {
        walk::literal_expressions(literal, &mut |part| add(part, &mut counts));
    }
    for literal in body {
        for (name, span, hint) in bound_here(literal) {
            let once = counts.get(name) == Some(&1);
            if once && !parameters.contains(name) && !name.starts_with('_') {
                let text = format!("variable \"{name}\" is used only here");
                diagnostics.push(Diagnostic::warning(text, span).hint(hint));
            }
        }
    }
}

fn add<'a>(part: &'a Expr, counts: &mut IndexMap<&'a str, usize>) {
    if let ExprKind::Variable(name) = &part.kind {
        *counts.entry(name).or_default() += 1;
    }
}

fn bound_here(literal: &ast::Literal) -> Vec<(&str, Span, String)> {
    match &literal.kind {
        LiteralKind::Positive(expr) => match &walk::bare(expr).kind {
            ExprKind::Call(call) if !walk::is_boolean_function(&call.name.text) => terms_of(call),
            ExprKind::Binary(BinaryOperator::Equal, left, right) => {
                let hint = "Leave the equality out if its value is not needed.";
                [left, right].into_iter().filter_map(|side| variable(side, hint)).collect()
            }
            _ => Vec::new(),
        },
        LiteralKind::In { value, .. } => {
            let hint = "Leave the range out if its values are not needed.";
            variable(value, hint).into_iter().collect()
        }
        LiteralKind::Negative(_) => Vec::new(),
    }
}

fn terms_of(call: &Call) -> Vec<(&str, Span, String)> {
    match &call.arguments {
        Arguments::Positional(terms) => {
            let hint = "Write \"_\" if any value will do.";
            terms.iter().filter_map(|term| variable(term, hint)).collect()
        }
        Arguments::Named(terms) => {
            let hint = "Leave the column out if any value will do.";
            terms.iter().filter_map(|(_, term)| variable(term, hint)).collect()
        }
    }
}

fn variable<'a>(expr: &'a Expr, hint: &str) -> Option<(&'a str, Span, String)> {
    match &walk::bare(expr).kind {
        ExprKind::Variable(name) => Some((name, expr.span, hint.to_owned())),
        _ => None,
    }
}

fn relations(names: &Names, drafts: &[Draft], diagnostics: &mut Vec<Diagnostic>) {
    let mut read: HashSet<RelationId> = HashSet::new();
    let mut given: HashSet<RelationId> = HashSet::new();
    for draft in drafts {
        given.extend(draft.relation);
        for literal in &draft.body {
            if let Literal::Atom { relation, .. } = literal {
                read.insert(*relation);
            }
        }
    }
    for (id, relation) in (0..).map(RelationId).zip(&names.relations) {
        // Dotted names are goals' states: this engine's or another's.
        let ours = relation.goal.is_some() || relation.name.contains('.');
        if ours || relation.kind == RelationKind::Builtin {
            continue;
        }
        let what = relation.describe();
        if relation.is_output && !given.contains(&id) {
            let text = format!("no rule gives {what} a row");
            let heads = given.iter().map(|id| &*names.info(*id).name);
            let heads: Vec<&str> = heads.filter(|name| !name.contains('.')).collect();
            let diagnostic = Diagnostic::warning(text, relation.span);
            diagnostics.push(did_you_mean(diagnostic, &relation.name, heads));
        } else if !relation.is_output && !read.contains(&id) {
            let text = format!("{what} is never read");
            let hint = match relation.declared {
                None => "Declare it with `output` if its rows are what is wanted.",
                Some(_) => "Read it in a rule or a clause, or leave it out.",
            };
            diagnostics.push(Diagnostic::warning(text, relation.span).hint(hint));
        }
    }
}

/// Pools that no action takes part in; in a program without actions they may be for others.
fn pools(file: &File, diagnostics: &mut Vec<Diagnostic>) {
    let statements = || file.statements.iter();
    let clauses = statements().flat_map(|statement| match &statement.kind {
        StatementKind::Goal(goal) => goal.clauses.as_slice(),
        _ => &[],
    });
    let mut used: HashSet<&str> = HashSet::from(["default"]);
    let mut actions = 0;
    for clause in clauses {
        let (ClauseKind::Check(job) | ClauseKind::Action(job)) = &clause.kind else { continue };
        actions += usize::from(matches!(clause.kind, ClauseKind::Action(_)));
        for option in &job.options {
            if let JobOptionKind::Pool { name, .. } = &option.kind {
                used.insert(&name.text);
            }
        }
    }
    for statement in statements() {
        let StatementKind::Pool(pool) = &statement.kind else { continue };
        if actions > 0 && !used.contains(&*pool.name.text) {
            let text = format!("pool \"{}\" is never used", pool.name.text);
            let hint = "Name it in an action: `pool` and its name.";
            diagnostics.push(Diagnostic::warning(text, pool.name.span).hint(hint));
        }
    }
}
