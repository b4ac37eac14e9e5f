//! One line of a feed, in either form, with its names and types resolved.

use super::vocabulary::Vocabulary;
use super::{Looked, Mistake, Report, json, text};
use crate::model::{Change, Timestamp};

/// What a line says.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// `+r(…)` or `-r(…)`.
    Change(Change),
    /// `looked g(…)`.
    Looked(Looked),
    /// `+g.attempt(…)` without what the server fills in.
    Report(Report),
    /// The lines up to the next `commit` are one transaction.
    Begin,
    Commit,
    /// Advances a driven clock.
    At(Timestamp),
    /// Comes back when everything before it is answered.
    Echo(String),
    /// Nothing, or a comment.
    Blank,
}

/// Reads a line, without its line break. One that begins with `{` is JSON.
///
/// # Errors
/// The first mistake in it.
pub fn parse_line(line: &str, vocabulary: &Vocabulary<'_>) -> Result<Line, Mistake> {
    let line = line.trim_start_matches('\u{feff}').trim();
    let parsed = match line.starts_with('{') {
        true => json::parse(line, vocabulary),
        false => text::parse(line, vocabulary),
    }?;
    vocabulary.check(&parsed)?;
    Ok(parsed)
}
