//! A parser's refusal in plain words: what was expected, in a handful of kinds rather than
//! forty terminals, what stands there instead, and what to do about it.

use super::hint;
use super::starts::{CLAUSES, Level};
use super::token::{Spanned, Token};
use crate::diagnostic::{Diagnostic, Span};

/// Where a chunk of tokens could not be parsed on, by index into the file's tokens.
pub(super) struct Place {
    /// The first token of the chunk.
    pub start: usize,
    /// The one that does not fit.
    pub at: usize,
    pub found: Found,
    /// LALRPOP's names of the terminals that fit.
    pub expected: Vec<String>,
    pub level: Level,
}

/// What stands at the place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Token,
    EndOfFile,
}

/// The diagnostic for a refusal; `split` is where something new begins.
pub(super) fn explain(place: &Place, tokens: &[Spanned<'_>], split: Option<usize>) -> Diagnostic {
    let before = tokens[place.start..place.at].last();
    let span = match (tokens.get(place.at), before) {
        (Some(found), _) => found.span,
        (None, Some(last)) => last.span,
        (None, None) => tokens[place.start].span,
    };
    let is_complete = expects(place, ".") || split.is_some_and(|split| split < place.at);
    if let Some(split) = split.filter(|split| is_complete && *split <= place.at) {
        return missing_stop(place.level, &tokens[split - 1])
            .with(tokens[split].span, "something new begins here");
    }
    let found = match place.found {
        Found::Token => tokens[place.at].token.to_string(),
        Found::EndOfFile => "the end of the file".to_owned(),
    };
    let expected = describe(place);
    let message = match expected.as_str() {
        _ if hint::is_mixed(place, tokens) => {
            "columns by name and by position do not mix".to_owned()
        }
        "" => format!("{found} does not fit here"),
        _ => format!("expected {expected}, found {found}"),
    };
    let mut error = Diagnostic::error(message, span);
    let ends = match tokens.get(place.at).map(|spanned| &spanned.token) {
        Some(Token::Stop | Token::When | Token::BraceOpen | Token::BraceClose) | None => true,
        Some(_) => split == Some(place.at),
    };
    if let Some(open) = unclosed_parenthesis(place, tokens).filter(|_| ends) {
        error = error.with(tokens[open].span, "this parenthesis is still open");
    }
    match hint::find(place, tokens) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// A statement or clause that is whole but for its full stop, which belongs after `last`.
pub(super) fn missing_stop(level: Level, last: &Spanned<'_>) -> Diagnostic {
    let what = match level {
        Level::Statement | Level::GoalHead => "statement",
        Level::Clause => "clause",
    };
    let label = match last.token {
        Token::Comma => "expected `.` instead of this",
        _ => "expected `.` after this",
    };
    Diagnostic::error(format!("the {what} does not end with a full stop"), last.span)
        .labelled(label)
}

/// The error for a full stop between the parts of a name.
pub(super) fn torn_name(tokens: &[Spanned<'_>], stop: usize) -> Diagnostic {
    let span = tokens[stop - 1].span.to(tokens[stop + 1].span);
    Diagnostic::error("a name with a dot is written together", span)
        .hint("Write it without the white space, as in `goal.relation`.")
}

/// The error for a brace that opens where only a full stop belongs.
pub(super) fn needless_brace(first: &Token<'_>, brace: Span) -> Diagnostic {
    let hint = match first {
        Token::Name("goal") => "A goal has a name: `goal g(c: text) { … }`.",
        _ => "Only a goal has a block in braces; end the statement with a full stop.",
    };
    Diagnostic::error("expected `.`, found `{`", brace).hint(hint)
}

/// The error for a clause that does not begin with a clause's word.
pub(super) fn unknown_clause(first: &Spanned<'_>) -> Option<Diagnostic> {
    let word = match first.token {
        Token::Name(word) if CLAUSES.contains(&word) => return None,
        Token::Name(word) | Token::Dotted(word) => word,
        _ => {
            let message = format!("expected a clause or `}}`, found {}", first.token);
            return Some(Diagnostic::error(message, first.span));
        }
    };
    let hint = match hint::nearest(word, CLAUSES) {
        Some(nearest) => format!("Did you mean `{nearest}`?"),
        None => format!("The clauses are {}; rules stand outside goals.", CLAUSES.join(", ")),
    };
    Some(Diagnostic::error(format!("a goal has no clause `{word}`"), first.span).hint(hint))
}

pub(super) fn expects(place: &Place, symbol: &str) -> bool {
    place.expected.iter().any(|name| name.trim_matches('"') == symbol)
}

/// The expected terminals by kind, at most a handful, as `a, b or c`.
fn describe(place: &Place) -> String {
    let has = |symbol: &str| expects(place, symbol);
    let mut kinds: Vec<String> = Vec::new();
    if has("INT") && has("NAME") {
        kinds.push(if has("not") { "a condition" } else { "an expression" }.to_owned());
    } else if has("INT") {
        kinds.push("a number".to_owned());
    } else if has("NAME") && place.at == place.start {
        kinds.push("a statement".to_owned());
    } else if has("NAME") {
        kinds.push("a name".to_owned());
    }
    if has("TEXT") && !has("INT") {
        kinds.push("a text".to_owned());
    }
    if !has("NAME") {
        let words: Vec<&str> = words(place).collect();
        match words[..] {
            [] => {}
            [.., _] if words.len() > 3 => kinds.push("an option".to_owned()),
            _ => kinds.extend(words.iter().map(|word| format!("`{word}`"))),
        }
    }
    for symbol in [":", "(", ":-", ",", ")", "..", "."] {
        let opens_expression = symbol == "(" && has("INT");
        if has(symbol) && !opens_expression {
            kinds.push(format!("`{symbol}`"));
        }
    }
    let is_operator = has("+") || has("=");
    if is_operator && !has("INT") {
        kinds.push("an operator".to_owned());
    } else if has("%") && !has("INT") {
        kinds.push("`%`".to_owned());
    }
    if place.level == Level::GoalHead && kinds.is_empty() {
        kinds.push("`{`".to_owned());
    }
    match kinds.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// The words that mean something at the place, but for reserved ones.
pub(super) fn words(place: &Place) -> impl Iterator<Item = &str> {
    let reserved = ["true", "false", "not", "now", "_", "in"];
    place.expected.iter().map(|name| name.trim_matches('"')).filter(move |name| {
        name.starts_with(|first: char| first.is_ascii_lowercase()) && !reserved.contains(name)
    })
}

/// The innermost parenthesis that is open where something that closes no parenthesis ends the
/// statement.
fn unclosed_parenthesis(place: &Place, tokens: &[Spanned<'_>]) -> Option<usize> {
    innermost_parenthesis(place, tokens).filter(|_| expects(place, ")"))
}

/// The innermost parenthesis that is open at the place.
pub(super) fn innermost_parenthesis(place: &Place, tokens: &[Spanned<'_>]) -> Option<usize> {
    let mut open = Vec::new();
    for (at, spanned) in tokens.iter().enumerate().take(place.at).skip(place.start) {
        match spanned.token {
            Token::ParenOpen => open.push(at),
            Token::ParenClose => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}
