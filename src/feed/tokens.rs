//! A line's tokens, one after the other, and what to say when the next is not what it should
//! be.

use super::Mistake;
use crate::diagnostic::FileId;
use crate::syntax::{Spanned, Token, lex};

/// A line on its way from left to right.
pub(super) struct Tokens<'a> {
    line: &'a str,
    tokens: Vec<Spanned<'a>>,
    /// The index of the next one.
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Splits a line.
    pub(super) fn new(line: &'a str) -> Result<Tokens<'a>, Mistake> {
        let (mut tokens, diagnostics) = lex(line, FileId(0));
        tokens.retain(|one| !matches!(one.token, Token::Doc(_)));
        match diagnostics.into_iter().next() {
            Some(first) => {
                let mistake = Mistake::new(first.message);
                Err(match first.hints.into_iter().next() {
                    Some(hint) => mistake.hint(hint),
                    None => mistake,
                })
            }
            None => Ok(Tokens { line, tokens, at: 0 }),
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at).map(|next| next.token.clone());
        self.at += 1;
        token
    }

    /// Steps over the next token if it is this one.
    pub(super) fn take(&mut self, token: &Token<'_>) -> bool {
        let is_next = self.tokens.get(self.at).is_some_and(|next| next.token == *token);
        self.at += usize::from(is_next);
        is_next
    }

    /// Steps over the next token, which must be this one.
    pub(super) fn expect(&mut self, token: &Token<'_>) -> Result<(), Mistake> {
        match self.take(token) {
            true => Ok(()),
            false => {
                self.at += 1;
                Err(self.found_instead_of(&token.to_string()))
            }
        }
    }

    /// Whether a column's name and a colon follow.
    pub(super) fn is_named_term(&self) -> bool {
        matches!(
            self.tokens.get(self.at..self.at + 2),
            Some([Spanned { token: Token::Name(_), .. }, Spanned { token: Token::Colon, .. }])
        )
    }

    /// The line is over, but for a full stop.
    pub(super) fn end(&mut self) -> Result<(), Mistake> {
        self.take(&Token::Stop);
        match self.next() {
            None => Ok(()),
            Some(_) => Err(self.found_instead_of("the end of the line")),
        }
    }

    /// The mistake that the token before this point is.
    pub(super) fn found_instead_of(&self, expected: &str) -> Mistake {
        let found = match self.at.checked_sub(1).and_then(|last| self.tokens.get(last)) {
            Some(last) => {
                let start = last.span.start as usize;
                let character = self.line[..start].chars().count() + 1;
                format!("found {} at character {character}", last.token)
            }
            None => "the line ends too early".to_string(),
        };
        Mistake::new(found).hint(format!("expected {expected}"))
    }

    /// Where the next token begins, in bytes.
    pub(super) fn position(&self) -> usize {
        self.tokens.get(self.at).map_or(self.line.len(), |next| next.span.start as usize)
    }

    /// What was read since a position.
    pub(super) fn since(&self, start: usize) -> &'a str {
        let last = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        let end = last.map_or(self.line.len(), |last| last.span.end as usize);
        self.line.get(start..end).unwrap_or("")
    }
}
