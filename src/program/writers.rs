//! One kind of writer for each relation: what a head may be, and what to say of names that are
//! nobody's.

use super::builtins;
use super::expand::Origin;
use super::names::Names;
use super::relation_info::reserved;
use super::states::{RELATIONS, dotted};
use super::suggest::{did_you_mean, nearest};
use crate::diagnostic::Diagnostic;
use crate::model::{RelationId, RelationKind};
use crate::syntax::ast::{DeclarationKind, Name, Rule};

/// The relation of a rule's head, if rules or facts may write it.
pub(super) fn head_relation(
    names: &Names,
    rule: &Rule,
    origin: &Origin,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RelationId> {
    let (name, is_fact) = (&rule.head.name, rule.body.is_empty());
    if let Some(diagnostic) = reserved(&name.text, name.span) {
        diagnostics.push(diagnostic);
        return None;
    }
    let found = names.find(&name.text)?;
    let info = names.info(found);
    if *origin != Origin::Written {
        return Some(found);
    }
    let refused = match (&info.goal, info.kind, info.declared) {
        (Some(goal), kind, _) if **goal != *info.name || kind != RelationKind::Derived => {
            Some((format!("\"{}\" belongs to goal \"{goal}\"", info.name), clause_hint(&info.name)))
        }
        (_, RelationKind::Input | RelationKind::Observe, _) if is_fact => Some((
            format!("{} is read from its source, and takes no facts", info.describe()),
            "A relation has one kind of writer: drop `from`, or the fact.".to_owned(),
        )),
        (_, _, Some(DeclarationKind::Input | DeclarationKind::Observe)) if !is_fact => Some((
            format!("{} cannot be the head of a rule", info.describe()),
            "Its rows come from outside; define a relation of another name.".to_owned(),
        )),
        _ => None,
    };
    let Some((text, hint)) = refused else { return Some(found) };
    let diagnostic = Diagnostic::error(text, name.span).with(info.span, "declared here");
    diagnostics.push(diagnostic.hint(hint));
    None
}

fn clause_hint(name: &str) -> String {
    let state = name.split_once('.').map_or("", |(_, state)| state);
    let clause = match state {
        "expected" | "" => "expect",
        "ok" | "settled" => "ok",
        "running" | "working" => "working",
        "gone" | "gone_because" => "gone",
        "held" | "held_because" => "hold",
        "late" => "due",
        _ => return "A goal's relations follow from its clauses.".to_owned(),
    };
    format!("Write an \"{clause}\" clause in the goal.")
        .replace("an \"w", "a \"w")
        .replace("an \"g", "a \"g")
}

/// What to say of a name in a body that is no relation's.
pub(super) fn unknown_relation(names: &Names, name: &Name) -> Diagnostic {
    let text = &*name.text;
    if let Some((goal, info)) = names.goal_of(text) {
        let (_, state) = text.split_once('.').expect("it has a prefix");
        let states = || RELATIONS.iter().map(|(state, _)| *state);
        let message = format!("goal \"{goal}\" has no relation \"{state}\"");
        let diagnostic = Diagnostic::error(message, name.span).with(info.span, "the goal");
        return match nearest(state, states()) {
            Some(near) => diagnostic.hint(format!("Did you mean \"{}\"?", dotted(goal, near))),
            None => diagnostic.hint(
                "A goal's states are expected, ok, settled, waived, missing, running, working, \
                 gone, stuck, ready, waiting, late and state.",
            ),
        };
    }
    if let Some((prefix, state)) = text.split_once('.') {
        let message = format!("there is no goal \"{prefix}\"");
        let goals = names.goals.keys().map(|goal| &**goal);
        let diagnostic = Diagnostic::error(message, name.span);
        return match nearest(prefix, goals) {
            Some(near) => diagnostic.hint(format!("Did you mean \"{near}.{state}\"?")),
            None => diagnostic.hint(format!("Declare \"{text}\" if another engine gives it.")),
        };
    }
    let message = format!("there is no relation \"{text}\"");
    let known = names.relations.iter().map(|relation| relation.name.as_str());
    let diagnostic = did_you_mean(Diagnostic::error(message, name.span), text, known);
    if !diagnostic.hints.is_empty() {
        return diagnostic;
    }
    let functions = builtins::NAMES;
    match nearest(text, functions.into_iter().filter(|name| super::walk::is_boolean_function(name)))
    {
        Some(near) => diagnostic.hint(format!("Did you mean the function \"{near}\"?")),
        None => diagnostic.hint(format!(
            "Declare it with `input {text}(…)` or `observe {text}(…)`, or give it rules."
        )),
    }
}

/// What to say of a need that is no goal's.
pub(super) fn unknown_goal(names: &Names, name: &Name) -> Diagnostic {
    if let Some(found) = names.find(&name.text) {
        let relation = names.info(found);
        let text = format!("{} is no goal", relation.describe());
        let hint = "Only goals can be needed; ask relations in \"ok\" or \"hold\" clauses.";
        return Diagnostic::error(text, name.span).with(relation.span, "declared here").hint(hint);
    }
    let text = format!("there is no goal \"{}\"", name.text);
    let goals = names.goals.keys().map(|goal| &**goal);
    let diagnostic = did_you_mean(Diagnostic::error(text, name.span), &name.text, goals);
    match diagnostic.hints.is_empty() {
        true => diagnostic.hint("What is needed is a goal of its own: say when it is ok."),
        false => diagnostic,
    }
}
