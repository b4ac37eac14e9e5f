//! A line of a scenario: one for the runner, or one of a feed.

use crate::feed::{Mistake, nearest};

/// A line that is for the runner and not for the engine.
pub(super) enum Directive<'a> {
    /// Begins anew: no facts, the clock where it stood at first, the usual relations shown.
    Fresh,
    /// Reads the program's sources.
    Sources,
    /// From here on, these relations are shown.
    Watch(Vec<&'a str>),
    /// Shows a relation's rows.
    List(&'a str),
}

/// The directive that a line is; `None` where it is a feed's to read.
///
/// # Errors
/// If it begins as neither does, or a directive is not written as it should be.
pub(super) fn directive(line: &str) -> Result<Option<Directive<'_>>, Mistake> {
    let mut words = line.strip_suffix('.').unwrap_or(line).split_whitespace();
    let Some(first) = words.next() else { return Ok(None) };
    let rest: Vec<&str> = words.collect();
    let directive = match (first, rest.as_slice()) {
        ("fresh", []) => Directive::Fresh,
        ("sources", []) => Directive::Sources,
        ("fresh" | "sources", _) => {
            return Err(Mistake::new(format!("\"{first}\" takes nothing after it")));
        }
        ("list", [name]) => Directive::List(name),
        ("list", _) => {
            return Err(Mistake::new("\"list\" shows the rows of one relation")
                .hint("expected its name, such as `list csv.state`"));
        }
        ("watch", names) if names.iter().any(|name| name.contains(',')) => {
            return Err(Mistake::new("a comma between the names of \"watch\"")
                .hint("expected spaces, such as `watch csv.missing csv.late`"));
        }
        ("watch", _) => Directive::Watch(rest),
        _ if is_of_feed(line, first) => return Ok(None),
        _ => return Err(unknown(first)),
    };
    Ok(Some(directive))
}

/// What a scenario's line begins with, where it does not begin with a sign.
const WORDS: [&str; 8] = ["begin", "commit", "at", "echo", "sources", "fresh", "watch", "list"];

const EXPECTED: &str = "expected `+relation(…)`, `-relation(…)`, `begin`, `commit`, `at`, \
                        `echo`, `sources`, `fresh`, `watch REL…` or `list REL`";

/// Whether a line begins as those of a feed do, comments included.
fn is_of_feed(line: &str, first: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    line.starts_with(['+', '-', '{', '/'])
        || ["begin", "commit", "at", "echo", "looked"].contains(&first)
}

/// The name that a line begins with, or else its first character.
fn unknown(first: &str) -> Mistake {
    let is_of_name = |one: &char| one.is_alphanumeric() || *one == '_';
    let name: String = first.chars().take_while(is_of_name).take(SHOWN_CHARS_MAX).collect();
    let shown = match name.is_empty() {
        true => first.chars().take(1).flat_map(char::escape_debug).collect(),
        false => name,
    };
    let hint = match nearest(&shown, WORDS.into_iter()) {
        Some(nearest) => format!("{EXPECTED}; {nearest}"),
        None => EXPECTED.to_string(),
    };
    Mistake::new(format!("found `{shown}`")).hint(hint)
}

/// A longer name is cut in messages.
const SHOWN_CHARS_MAX: usize = 60;
