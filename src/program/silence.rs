//! Which facts a check's silence withdraws, and where it would never withdraw any: an `ok` that
//! stays for ever, whatever becomes of the world.

use super::names::Names;
use super::relation_info::RelationInfo;
use super::walk;
use crate::diagnostic::Diagnostic;
use crate::model::RelationKind;
use crate::syntax::ast::{ClauseKind, ExprKind, Goal, Literal, LiteralKind};

/// Warns of `ok` clauses that rest on observed facts of which none names the whole instance.
pub(super) fn warn(goal: &Goal, names: &Names, diagnostics: &mut Vec<Diagnostic>) {
    for clause in &goal.clauses {
        let ClauseKind::Ok(body) = &clause.kind else { continue };
        let Some(atoms) = observed_atoms(body, names) else { continue };
        let Some((relation, _)) = atoms.first() else { continue };
        if atoms.iter().any(|(_, variables)| names_instance(goal, variables)) {
            continue;
        }
        let text = "the check's silence can never withdraw this \"ok\"";
        let hint = format!(
            "Silence withdraws a fact only if every parameter of the goal is among its terms; \
             \"{}\" has to be taken back by `-` lines.",
            relation.name
        );
        diagnostics.push(Diagnostic::warning(text, clause.span).hint(hint));
    }
}

fn names_instance(goal: &Goal, variables: &[&str]) -> bool {
    goal.parameters.iter().all(|parameter| variables.contains(&&*parameter.name.text))
}

/// The observed atoms of a body with the variables among their terms; `None` where something
/// else can end it too: the clock, a source, a person, a rule.
fn observed_atoms<'a>(
    body: &'a [Literal],
    names: &'a Names,
) -> Option<Vec<(&'a RelationInfo, Vec<&'a str>)>> {
    let mut atoms = Vec::new();
    for literal in body {
        let mut timed = false;
        walk::literal_expressions(literal, &mut |part| timed |= matches!(part.kind, ExprKind::Now));
        if timed || matches!(literal.kind, LiteralKind::Negative(_)) {
            return None;
        }
        let LiteralKind::Positive(expr) = &literal.kind else { continue };
        let ExprKind::Call(call) = &walk::bare(expr).kind else { continue };
        if walk::is_boolean_function(&call.name.text) {
            continue;
        }
        let relation = names.info(names.find(&call.name.text)?);
        if relation.kind != RelationKind::Observe || relation.source.is_some() {
            return None;
        }
        let terms = walk::arguments(call).into_iter();
        let variables = terms.filter_map(|term| match &walk::bare(term).kind {
            ExprKind::Variable(name) => Some(name.as_str()),
            _ => None,
        });
        atoms.push((relation, variables.collect()));
    }
    Some(atoms)
}
