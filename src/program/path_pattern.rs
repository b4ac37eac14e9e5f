//! `from files "…"`: whether a pattern of paths says every column, and each of them clearly.

use super::command::{self, Known};
use super::relation_info::{ColumnInfo, RelationInfo};
use crate::diagnostic::Diagnostic;
use crate::model::Type;
use crate::syntax::ast::Text;

/// What files themselves tell, and its type.
const FROM_FILE: [(&str, Type); 2] = [("bytes", Type::Int), ("modified", Type::Time)];

/// Says what is wrong with a pattern.
pub(super) fn check(relation: &RelationInfo, pattern: &Text, diagnostics: &mut Vec<Diagnostic>) {
    let names: Vec<_> = relation.columns.iter().map(|column| (&*column.name, column.ty)).collect();
    let unlike = format!("no column of \"{}\"", relation.name);
    let known = Known { names, unlike };
    let said = diagnostics.len();
    let found = command::pattern(pattern, &known, diagnostics);
    for column in &relation.columns {
        if !found.contains(&column.name) {
            missing(column, pattern, diagnostics);
        }
    }
    // What braces there are is known only if they are in order.
    if diagnostics.len() == said {
        names_of_path(pattern, &known, diagnostics);
    }
}

/// A column that the path does not say comes from the file.
fn missing(column: &ColumnInfo, pattern: &Text, diagnostics: &mut Vec<Diagnostic>) {
    let name = &column.name;
    let from_file = FROM_FILE.iter().find(|(known, _)| known == name);
    match (from_file, column.ty) {
        (Some((_, expected)), Some(found)) if found != *expected => {
            let text = format!("column \"{name}\" of files is {expected}, not {found}");
            let hint = format!("Write: {name}: {expected}.");
            diagnostics.push(Diagnostic::error(text, column.span).hint(hint));
        }
        (Some(_), _) => {}
        (None, _) => {
            let text = format!("nothing in the pattern gives column \"{name}\"");
            let hint = format!(
                "Put {{{name}}} into the path. Only \"bytes\" and \"modified\" come from the file."
            );
            diagnostics.push(Diagnostic::error(text, pattern.span).hint(hint));
        }
    }
}

fn names_of_path(pattern: &Text, known: &Known<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut error = |text: String, hint: &str| {
        diagnostics.push(Diagnostic::error(text, pattern.span).hint(hint));
    };
    let plain = without_placeholders(&pattern.value);
    if plain.iter().any(|text| text.replace("/**/", "/").trim_start_matches("**/").contains('*')) {
        let hint = "Write {column} for a part of a name; ** stands between slashes, for any \
                    number of folders.";
        return error("\"*\" means nothing here".to_owned(), hint);
    }
    if pattern.value.is_empty() || pattern.value.ends_with('/') {
        return error("the pattern ends in no file".to_owned(), "Say how files are called.");
    }
    for pair in placeholders(&pattern.value).windows(2) {
        let [(name, _, end), (next, start, _)] = pair else { continue };
        let is_text =
            known.names.iter().any(|(known, ty)| known == name && *ty == Some(Type::Text));
        if end == start && is_text {
            let text = format!("nothing between {{{name}}} and {{{next}}} tells where they part");
            error(text, "Put something between them, such as a dash.");
        }
    }
    for (inside, _, _) in formats(&pattern.value) {
        let Some((name, format)) = inside.split_once(':') else { continue };
        if format.contains('/') {
            let text = format!("the format of {{{inside}}} reaches over several folders");
            error(text, "Let each folder have a column of its own.");
        } else if !is_whole(format) {
            let text = format!("\"{format}\" does not tell a whole day: \"{name}\" stays open");
            error(text, "Year, month and day belong to it, as in %Y%m%d.");
        }
    }
}

/// Whether what a format writes can be read again.
fn is_whole(format: &str) -> bool {
    let day = jiff::civil::date(2026, 3, 25);
    let moment = day.at(8, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC);
    let written = moment.and_then(|moment| jiff::fmt::strtime::format(format, &moment));
    let parsed = written.and_then(|written| jiff::fmt::strtime::parse(format, written));
    parsed.and_then(|parsed| parsed.to_date()).is_ok_and(|parsed| parsed == day)
}

/// What stands in braces, and from where to where.
fn formats(text: &str) -> Vec<(&str, usize, usize)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(open) = text[at..].find(['{', '}']).map(|open| at + open) {
        if text[open + 1..].starts_with(&text[open..=open]) {
            at = open + 2;
            continue;
        }
        let Some(close) = text[open..].find('}').map(|close| open + close) else { break };
        found.push((&text[open + 1..close], open, close + 1));
        at = close + 1;
    }
    found
}

/// The same with the columns' names only.
fn placeholders(text: &str) -> Vec<(&str, usize, usize)> {
    let name = |inside: &'_ str| inside.find(':').unwrap_or(inside.len());
    let named = formats(text).into_iter();
    named.map(|(inside, from, to)| (&inside[..name(inside)], from, to)).collect()
}

/// What stands outside of braces.
fn without_placeholders(text: &str) -> Vec<&str> {
    let mut at = 0;
    let mut plain = Vec::new();
    for (_, from, to) in formats(text) {
        plain.push(&text[at..from]);
        at = to;
    }
    plain.push(&text[at..]);
    plain
}
