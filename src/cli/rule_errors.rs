//! Rows of `rule_error` in words.

use crate::model::{Delta, Row, Value};
use crate::program::Program;

/// How many rows one error leaves out, before and after a transaction.
struct Count<'a> {
    /// Rule, line and message.
    error: &'a [Value],
    before: i64,
    after: i64,
}

/// One row in words.
pub(super) fn describe(row: &Row) -> String {
    let (error, rows) = split(row);
    format!("{} left out: {}", rows_are(rows, ""), place(error))
}

/// What leaves out more rows than before, with all the rows that it leaves out now.
pub(super) fn grown(delta: &Delta, program: &Program) -> Vec<String> {
    let grown = counts(delta, program).into_iter().filter(|one| one.after > one.before);
    grown.map(|one| format!("{} left out: {}", rows_are(one.after, ""), place(one.error))).collect()
}

/// What leaves out more rows than before, with the rows that it leaves out more.
pub(super) fn made(delta: &Delta, program: &Program) -> Vec<String> {
    let made = counts(delta, program).into_iter().filter(|one| one.after > one.before);
    let say = |one: Count<'_>| {
        let more = if one.before == 0 { "" } else { " more" };
        format!("{} left out: {}", rows_are(one.after - one.before, more), place(one.error))
    };
    made.map(say).collect()
}

/// What leaves out fewer rows than before, with the rows that it leaves out no longer.
pub(super) fn mended(delta: &Delta, program: &Program) -> Vec<String> {
    let mended = counts(delta, program).into_iter().filter(|one| one.after < one.before);
    let say = |one: Count<'_>| {
        format!("{} no longer left out: {}", rows_are(one.before - one.after, ""), place(one.error))
    };
    mended.map(say).collect()
}

/// Every error whose number of rows changes, in the order of the rows that tell of it.
fn counts<'a>(delta: &'a Delta, program: &Program) -> Vec<Count<'a>> {
    let mut counts: Vec<Count<'a>> = Vec::new();
    let of_errors =
        |one: &&crate::model::RelationDelta| one.relation == program.builtins.rule_error;
    let Some(changes) = delta.relations.iter().find(of_errors) else { return counts };
    for row in &changes.inserted {
        let (error, after) = split(row);
        counts.push(Count { error, before: 0, after });
    }
    for row in &changes.deleted {
        let (error, before) = split(row);
        match counts.iter_mut().find(|one| one.error == error) {
            Some(count) => count.before = before,
            None => counts.push(Count { error, before, after: 0 }),
        }
    }
    counts
}

fn split(row: &Row) -> (&[Value], i64) {
    match row.as_slice() {
        [error @ .., Value::Int(rows)] if error.len() == 3 => (error, *rows),
        other => unreachable!("rule_error has four columns, of which the last is int: {other:?}"),
    }
}

fn rows_are(rows: i64, more: &str) -> String {
    match rows {
        1 => format!("1{more} row is"),
        _ => format!("{rows}{more} rows are"),
    }
}

fn place(error: &[Value]) -> String {
    let [rule, line, message] = error else { unreachable!("split so: {error:?}") };
    format!("{} in line {line}: {}", bare(rule), bare(message))
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
