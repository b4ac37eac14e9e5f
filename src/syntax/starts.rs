//! Where statements and clauses begin, told from their first words and their indentation: so
//! that a missing full stop costs one statement and not two.

use std::ops::Range;

use super::complaint::Place;
use super::token::{Spanned, Token};

/// What a chunk of tokens should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Statement,
    GoalHead,
    Clause,
}

/// The words that open a goal's clauses.
pub(super) const CLAUSES: [&str; 9] =
    ["expect", "ok", "needs", "working", "gone", "hold", "due", "check", "action"];

/// The words that open statements; all others are rules.
pub(super) const STATEMENTS: [&str; 7] =
    ["include", "timezone", "input", "observe", "output", "goal", "pool"];

/// Knows the text for its line breaks.
pub(super) struct Starts<'a> {
    text: &'a str,
}

impl<'a> Starts<'a> {
    /// For the tokens of this text.
    pub(super) fn new(text: &'a str) -> Starts<'a> {
        Starts { text }
    }

    /// Whether these tokens begin with `goal name`.
    pub(super) fn is_goal(&self, tokens: &[Spanned<'_>]) -> bool {
        matches!(tokens, [first, second, ..]
            if first.token == Token::Name("goal") && is_name(&second.token))
    }

    /// Whether these tokens begin with a statement's word and what has to follow it.
    pub(super) fn is_declaration(&self, tokens: &[Spanned<'_>]) -> bool {
        let [first, second, ..] = tokens else {
            return false;
        };
        match first.token {
            Token::Name("input" | "observe" | "output" | "goal" | "pool") => is_name(&second.token),
            Token::Name("include" | "timezone") => matches!(second.token, Token::Text(_)),
            _ => false,
        }
    }

    /// Whether a clause may begin with this token.
    pub(super) fn is_clause(&self, first: &Spanned<'_>) -> bool {
        matches!(first.token, Token::Name(word) if CLAUSES.contains(&word))
    }

    /// Whether a name was meant, but has letters that names have not.
    pub(super) fn is_foreign_word(&self, spanned: &Spanned<'_>) -> bool {
        let rest = &self.text[spanned.span.start as usize..];
        spanned.token == Token::Invalid && rest.starts_with(char::is_alphabetic)
    }

    /// Whether the token is a full stop behind white space, and between two names of one line.
    pub(super) fn is_torn_name(&self, tokens: &[Spanned<'_>], stop: usize) -> bool {
        let Some([before, stop, after]) = tokens.get(stop.saturating_sub(1)..stop + 2) else {
            return false;
        };
        stop.token == Token::Stop
            && is_name(&before.token)
            && is_name(&after.token)
            && before.span.end < stop.span.start
            && !self.is_first_on_line(after)
    }

    /// Whether a full stop was written as `;`.
    pub(super) fn is_semicolon(&self, stop: &Spanned<'_>) -> bool {
        self.text.as_bytes().get(stop.span.start as usize) == Some(&b';')
    }

    /// Whether what stands at `next` is a statement or clause of its own, rather than more of
    /// the one at `start`.
    pub(super) fn begins_anew(&self, tokens: &[Spanned<'_>], start: usize, next: usize) -> bool {
        let is_documentation = |spanned: &&Spanned<'_>| matches!(spanned.token, Token::Doc(_));
        let next = next + tokens[next..].iter().take_while(is_documentation).count();
        let Some(first) = tokens.get(next) else { return true };
        let is_clause = self.is_clause(first)
            && match tokens.get(next + 1).map(|second| &second.token) {
                Some(Token::Name(word)) => !matches!(*word, "every" | "never"),
                Some(Token::When | Token::Text(_) | Token::Dotted(_)) => true,
                Some(Token::Date(_) | Token::Time(_)) => true,
                _ => false,
            };
        let on_the_left = self.is_first_on_line(first)
            && self.column(first) <= self.column(&tokens[start])
            && is_name(&first.token);
        first.token == Token::BraceClose
            || is_clause
            || on_the_left
            || self.is_declaration(&tokens[next..])
    }

    /// Where something new begins within a chunk that could not be parsed.
    pub(super) fn split(
        &self,
        tokens: &[Spanned<'_>],
        chunk: Range<usize>,
        place: &Place,
        level: Level,
    ) -> Option<usize> {
        let indent = self.column(&tokens[chunk.start]);
        let opens = |at: usize| self.opens(&tokens[at..], level, indent);
        // A comma instead of the full stop shows only at the second body, or behind the word.
        let is_second_body = tokens.get(place.at).is_some_and(|it| it.token == Token::When);
        let before = if is_second_body { chunk.start + 1 } else { place.at.saturating_sub(1) };
        (before.max(chunk.start + 1)..place.at)
            .rev()
            .find(|at| opens(*at) && tokens[*at - 1].token == Token::Comma)
            .or_else(|| {
                (place.at.max(chunk.start + 1)..chunk.end)
                    .find(|at| opens(*at) && !continues(&tokens[*at - 1].token))
            })
    }

    fn opens(&self, tokens: &[Spanned<'_>], level: Level, indent: usize) -> bool {
        let first = &tokens[0];
        let is_option = level == Level::Clause && first.token == Token::Name("pool");
        if self.is_declaration(tokens) && !is_option {
            return true;
        }
        if level == Level::GoalHead && self.is_clause(first) {
            return true;
        }
        if !self.is_first_on_line(first) || self.column(first) > indent {
            return false;
        }
        match level {
            Level::Statement | Level::GoalHead => {
                let is_call = tokens.get(1).is_some_and(|next| next.token == Token::ParenOpen);
                is_name(&first.token) && is_call
            }
            Level::Clause => self.is_clause(first),
        }
    }

    fn line_before(&self, spanned: &Spanned<'_>) -> &'a str {
        let before = &self.text[..spanned.span.start as usize];
        &before[before.rfind('\n').map_or(0, |at| at + 1)..]
    }

    fn column(&self, spanned: &Spanned<'_>) -> usize {
        self.line_before(spanned).len()
    }

    fn is_first_on_line(&self, spanned: &Spanned<'_>) -> bool {
        self.line_before(spanned).trim().is_empty()
    }
}

fn is_name(token: &Token<'_>) -> bool {
    matches!(token, Token::Name(_) | Token::Dotted(_))
}

/// Whether something has to follow the token in the same statement.
fn continues(token: &Token<'_>) -> bool {
    matches!(token, Token::Comma | Token::When | Token::Not | Token::ParenOpen | Token::Colon)
}
