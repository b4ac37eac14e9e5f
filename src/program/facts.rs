//! The program's own facts hold to the keys that their relations declare.

use std::collections::HashMap;

use super::{Expr, HeadTerm, Rule};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{RelationId, Schema, Value};

type Row<'a> = Vec<&'a Value>;

/// Reports facts of which a later one would take the place of an earlier one.
pub(super) fn check(schema: &Schema, rules: &[Rule], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<(RelationId, Row<'_>), (Span, Row<'_>)> = HashMap::new();
    for rule in rules.iter().filter(|rule| rule.body.is_empty()) {
        let relation = schema.relation(rule.head.relation);
        let (Some(key), Some(row)) = (&relation.key, constants(rule)) else { continue };
        let at = (relation.id, key.iter().map(|place| row[*place]).collect());
        let (before, other) = seen.entry(at).or_insert_with(|| (rule.span, row.clone()));
        if *other != row {
            let text = format!("two facts of \"{}\" have one key", relation.name);
            let hint = "The key declares that there is at most one; change one, or the key.";
            let twice = Diagnostic::error(text, rule.span).with(*before, "the first");
            diagnostics.push(twice.hint(hint));
        }
    }
}

fn constants(rule: &Rule) -> Option<Row<'_>> {
    let terms = rule.head.terms.iter();
    terms
        .map(|term| match term {
            HeadTerm::Value(Expr::Constant(value)) => Some(value),
            HeadTerm::Value(_) | HeadTerm::Aggregate(_) => None,
        })
        .collect()
}
