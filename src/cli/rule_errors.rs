//! Rows of `rule_error` in words.

use crate::model::{Delta, Row, Value};
use crate::program::Program;

/// One row in words.
pub(super) fn describe(row: &Row) -> String {
    let [rule, line, message, count] = row.as_slice() else {
        unreachable!("rule_error has four columns: {row:?}")
    };
    let rows = match count {
        Value::Int(1) => "1 row is".to_string(),
        other => format!("{other} rows are"),
    };
    format!("{rows} left out: {} in line {line}: {}", bare(rule), bare(message))
}

/// What is new in a delta.
pub(super) fn appeared(delta: &Delta, program: &Program) -> Vec<String> {
    let errors = |one: &&crate::model::RelationDelta| one.relation == program.builtins.rule_error;
    delta
        .relations
        .iter()
        .find(errors)
        .map_or(Vec::new(), |one| one.inserted.iter().map(describe).collect())
}

/// Text without its quotes; what a terminal could misread stays escaped.
fn bare(value: &Value) -> String {
    match value {
        Value::Text(text) => text.chars().flat_map(escape).collect(),
        other => other.to_string(),
    }
}

fn escape(character: char) -> Vec<char> {
    match character.is_control() {
        true => character.escape_default().collect(),
        false => vec![character],
    }
}
