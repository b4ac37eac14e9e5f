//! What people write who come from other languages. Each is a diagnostic that says how it is
//! written here, and where the meaning is plain, it is read as what was meant.

use super::lexer::Lexer;
use super::token::Token;
use crate::diagnostic::Diagnostic;

/// How it is written elsewhere, how here, and what it is read as.
const OPERATORS: [(&str, &str, Token<'static>); 8] = [
    ("==", "Write `=`.", Token::Equal),
    ("<>", "Write `!=`.", Token::NotEqual),
    ("=<", "Write `<=`.", Token::LessOrEqual),
    ("=>", "Write `>=` to compare, `:-` between a rule's head and body.", Token::Invalid),
    (":=", "Write `:-` between a rule's head and body, `=` to compare.", Token::Invalid),
    ("&&", "Write `,` between the conditions of a body.", Token::Comma),
    ("||", "Write a second rule for an alternative, or `++` to join two texts.", Token::Invalid),
    ("**", "There is no power operator; multiply with `*`.", Token::Star),
];

/// Reads an operator of another language, `!`, `;` or single quotes, if one begins here.
pub(super) fn read<'a>(lexer: &mut Lexer<'a>) -> Option<Token<'a>> {
    let rest = lexer.rest();
    for (symbol, hint, token) in OPERATORS {
        if rest.starts_with(symbol) {
            return Some(mend(lexer, symbol, hint, token));
        }
    }
    if rest.starts_with('!') && !rest.starts_with("!=") {
        return Some(mend(lexer, "!", "Write `not` before what is not to hold.", Token::Not));
    }
    if rest.starts_with(';') {
        let hint = "End a statement with `.`; for an alternative, write a second rule.";
        return Some(mend(lexer, ";", hint, Token::Stop));
    }
    if rest.starts_with(['\'', '“', '”', '‘', '’', '`']) {
        return Some(read_quotes(lexer));
    }
    None
}

fn mend<'a>(lexer: &mut Lexer<'a>, symbol: &str, hint: &str, token: Token<'a>) -> Token<'a> {
    let start = lexer.offset();
    lexer.advance(symbol.len());
    let span = lexer.span(start, start + symbol.len());
    lexer.report(Diagnostic::error(format!("`{symbol}` means nothing here"), span).hint(hint));
    token
}

/// The boolean that was just read in capital letters.
pub(super) fn mend_bool<'a>(lexer: &mut Lexer<'a>, word: &str) -> Token<'a> {
    let small = word.to_ascii_lowercase();
    let span = lexer.span(lexer.offset() - word.len(), lexer.offset());
    let error = Diagnostic::error(format!("`{word}` is not how a boolean is written"), span);
    lexer.report(error.hint(format!("Write `{small}`.")));
    if small == "true" { Token::True } else { Token::False }
}

/// A text in any quotes but the right ones, as far as their partners on the same line.
fn read_quotes<'a>(lexer: &mut Lexer<'a>) -> Token<'a> {
    let start = lexer.offset();
    let rest = lexer.rest();
    let open = rest.chars().next().expect("called at a quote");
    let inside = &rest[open.len_utf8()..];
    let line = &inside[..inside.find('\n').unwrap_or(inside.len())];
    let closing: &[char] = match open {
        '\'' => &['\''],
        '`' => &['`'],
        _ => &['“', '”', '‘', '’'],
    };
    let hint = "Write texts in double quotes: `\"…\"`.";
    let message = "a text stands in double quotes";
    let Some(close) = line.find(closing) else {
        lexer.advance(open.len_utf8());
        let span = lexer.span(start, lexer.offset());
        lexer.report(Diagnostic::error(message, span).hint(hint));
        return Token::Invalid;
    };
    let end_quote = line[close..].chars().next().map_or(0, char::len_utf8);
    lexer.advance(open.len_utf8() + close + end_quote);
    let span = lexer.span(start, lexer.offset());
    lexer.report(Diagnostic::error(message, span).hint(hint));
    Token::Text(line[..close].to_owned())
}

/// Skips a comment as SQL, Python or Prolog write it, where it begins a line.
pub(super) fn skip_foreign_comment(lexer: &mut Lexer<'_>) -> bool {
    let rest = lexer.rest();
    // A formula may be broken before its operator.
    let begins_line = || !lexer.is_after_operand() && lexer.is_first_on_line();
    let sign = match rest.chars().next() {
        Some('#') => "#",
        Some('%') if begins_line() => "%",
        Some('-') if rest.starts_with("-- ") && begins_line() => "--",
        _ => return false,
    };
    let start = lexer.offset();
    lexer.skip_line();
    let span = lexer.span(start, start + sign.len());
    let message = format!("a comment does not begin with `{sign}`");
    lexer.report(Diagnostic::error(message, span).hint("Write `//` for a comment."));
    true
}

/// A word of which not every letter may stand in a name.
pub(super) fn read_foreign_word<'a>(lexer: &mut Lexer<'a>) -> Token<'a> {
    let (start, rest) = (lexer.offset(), lexer.rest());
    let end = rest.find(|next: char| !next.is_alphanumeric() && !matches!(next, '_' | '.'));
    let word = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
    lexer.advance(word.len());
    let span = lexer.span(start, lexer.offset());
    let error = Diagnostic::error(format!("`{}` is not a name", word.escape_debug()), span);
    lexer.report(error.hint("Names are of the letters a to z, digits and `_`."));
    Token::Invalid
}

/// Reports a character that begins nothing.
pub(super) fn report_unknown(lexer: &mut Lexer<'_>, unknown: char, start: usize) {
    let hint = match unknown {
        '[' | ']' => Some("There are no lists; write one fact for each element."),
        '?' => Some("There are no queries; `owed plan --list` prints a relation."),
        '&' => Some("Write `,` between the conditions of a body."),
        '|' => Some("Write a second rule for an alternative."),
        '≤' => Some("Write `<=`."),
        '≥' => Some("Write `>=`."),
        '≠' => Some("Write `!=`."),
        '–' | '—' | '−' => Some("Write `-`."),
        '…' => Some("Write `..` or `..=`."),
        '$' => Some("Parameters of a command are written `{name}` inside its text."),
        _ => None,
    };
    let span = lexer.span(start, lexer.offset());
    let name = lexer.text()[start..lexer.offset()].escape_debug();
    let error = Diagnostic::error(format!("`{name}` has no place in a rules file"), span);
    lexer.report(match hint {
        Some(hint) => error.hint(hint),
        None => error,
    });
}
