//! Tokens to nodes. The file is cut into statements, and a goal's block into clauses, before
//! anything is parsed, and each is parsed by itself: so a mistake in one never hides another.

use lalrpop_util::ParseError;

use super::ast;
use super::complaint::{self, Found, Place};
use super::lexer::lex;
use super::nesting;
use super::starts::{Level, Starts};
use super::token::{Spanned, Token};
use crate::diagnostic::{Diagnostic, FileId, Span};

/// What LALRPOP makes of `grammar/rules.lalrpop`.
#[allow(clippy::all, clippy::pedantic, unused, missing_docs, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/rules.rs"));
}

/// Reads a file. What cannot be understood is left out and reported; everything else is there.
pub fn parse(text: &str, file: FileId) -> (ast::File, Vec<Diagnostic>) {
    let (tokens, diagnostics) = lex(text, file);
    let starts = Starts::new(text);
    let mut parser = Parser { file, starts, tokens, at: 0, diagnostics };
    let mut statements = Vec::new();
    while parser.at < parser.tokens.len() {
        statements.extend(parser.read_statement());
    }
    parser.diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    (ast::File { statements }, parser.diagnostics)
}

struct Parser<'a> {
    file: FileId,
    starts: Starts<'a>,
    tokens: Vec<Spanned<'a>>,
    /// Every token before it is read.
    at: usize,
    diagnostics: Vec<Diagnostic>,
}

/// Tokens from `start` to `end` that should be one statement or clause. The one at `end` is
/// the full stop, a brace, the first token of something else, or past the last.
#[derive(Clone, Copy)]
struct Chunk {
    start: usize,
    end: usize,
}

/// A parser that LALRPOP has made, for one entry point.
type Entry<'a, T> = fn(FileId, Vec<Triple<'a>>) -> Result<T, Refusal<'a>>;
type Triple<'a> = (u32, Token<'a>, u32);
type Refusal<'a> = ParseError<u32, Token<'a>, &'static str>;

impl<'a> Parser<'a> {
    fn read_statement(&mut self) -> Option<ast::Statement> {
        let doc = self.read_documentation();
        let start = self.at;
        let first = self.tokens.get(start)?;
        if first.token == Token::BraceClose {
            let error = Diagnostic::error("`}` closes nothing", first.span);
            self.diagnostics.push(error.hint("Remove it, or open the goal's block with `{`."));
            self.at += 1;
            return None;
        }
        let chunk = self.next_chunk();
        let kind = if self.starts.is_goal(&self.tokens[start..]) {
            self.read_goal(chunk).map(ast::StatementKind::Goal)
        } else {
            self.read_chunk(chunk, Level::Statement, |file, tokens| {
                generated::StatementParser::new().parse(file, tokens)
            })
        };
        let span = self.span_since(start);
        kind.map(|kind| ast::Statement { doc, kind, span })
    }

    /// The `///` lines that stand here.
    fn read_documentation(&mut self) -> Option<String> {
        let mut lines = Vec::new();
        let start = self.at;
        while let Some(Spanned { token: Token::Doc(line), .. }) = self.tokens.get(self.at) {
            lines.push(*line);
            self.at += 1;
        }
        let belongs_to_nothing =
            self.tokens.get(self.at).is_none_or(|next| next.token == Token::BraceClose);
        if !lines.is_empty() && belongs_to_nothing {
            self.warn_documentation(start);
            return None;
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn warn_documentation(&mut self, at: usize) {
        let warning = Diagnostic::warning("this documents nothing", self.tokens[at].span);
        self.diagnostics
            .push(warning.hint("Put `///` before a whole statement; other comments are `//`."));
    }

    /// As far as the next full stop or brace. Documentation in between is dropped, and so is a
    /// semicolon, but where something new begins behind it the chunk ends.
    fn next_chunk(&mut self) -> Chunk {
        let start = self.at;
        let mut end = start;
        let mut parentheses = 0_usize;
        while let Some(next) = self.tokens.get(end) {
            match next.token {
                Token::Stop
                    if self.starts.is_semicolon(next)
                        && !self.starts.begins_anew(&self.tokens, start, end + 1) =>
                {
                    self.tokens[end].token = Token::Invalid;
                }
                Token::Stop | Token::BraceOpen | Token::BraceClose => break,
                Token::ParenOpen => parentheses += 1,
                Token::ParenClose => parentheses = parentheses.saturating_sub(1),
                Token::Doc(_) => {
                    let is_open = matches!(
                        self.tokens[end - 1].token,
                        Token::Comma | Token::When | Token::Not
                    );
                    let begins_anew = self.starts.begins_anew(&self.tokens, start, end + 1);
                    if parentheses == 0 && !is_open && begins_anew {
                        break;
                    }
                    self.warn_documentation(end);
                    self.tokens.remove(end);
                    continue;
                }
                _ => {}
            }
            end += 1;
        }
        Chunk { start, end }
    }

    fn read_goal(&mut self, chunk: Chunk) -> Option<ast::Goal> {
        let entry: Entry<'a, ast::Goal> =
            |file, tokens| generated::GoalHeadParser::new().parse(file, tokens);
        let head = self.read_chunk(chunk, Level::GoalHead, entry);
        let is_open = self.token(self.at - 1) == Some(&Token::BraceOpen);
        // Its brace may be missing, which is reported already.
        let is_block =
            is_open || self.at < chunk.end && self.starts.is_clause(&self.tokens[self.at]);
        if is_block {
            let clauses = self.read_block(self.at - 1);
            return head.map(|goal| ast::Goal { clauses, ..goal });
        }
        if let Some(goal) = head.as_ref().filter(|_| self.at >= chunk.end) {
            let message = format!("goal `{}` has no block", goal.name.text);
            let error = Diagnostic::error(message, goal.name.span);
            self.diagnostics.push(error.hint("Write its clauses in braces: `{ ok :- …. }`."));
        }
        head
    }

    /// The clauses after the brace at `open`, and the brace that closes them.
    fn read_block(&mut self, open: usize) -> Vec<ast::Clause> {
        let mut clauses = Vec::new();
        loop {
            while let Some(Token::Doc(_)) = self.token(self.at) {
                self.warn_documentation(self.at);
                self.at += 1;
            }
            match self.token(self.at) {
                Some(Token::BraceClose) => {
                    self.at += 1;
                    if self.token(self.at) == Some(&Token::Stop) {
                        self.at += 1;
                    }
                    return clauses;
                }
                Some(_) if !self.starts.is_declaration(&self.tokens[self.at..]) => {
                    clauses.extend(self.read_clause());
                }
                _ => {
                    let span = self.tokens[open].span;
                    self.diagnostics.push(
                        Diagnostic::error("the goal's block is not closed", span)
                            .labelled("it opens here")
                            .hint("Close it with `}` after its last clause."),
                    );
                    return clauses;
                }
            }
        }
    }

    fn read_clause(&mut self) -> Option<ast::Clause> {
        let chunk = self.next_chunk();
        if let Some(error) = complaint::unknown_clause(&self.tokens[chunk.start]) {
            self.diagnostics.push(error);
            self.pass(chunk);
            return None;
        }
        let kind = self.read_chunk(chunk, Level::Clause, |file, tokens| {
            generated::ClauseParser::new().parse(file, tokens)
        })?;
        Some(ast::Clause { kind, span: self.span_since(chunk.start) })
    }

    /// Parses a chunk and moves behind it; where a full stop is missing, only behind what came
    /// before the next statement.
    fn read_chunk<T>(&mut self, chunk: Chunk, level: Level, entry: Entry<'a, T>) -> Option<T> {
        let tokens = &self.tokens[chunk.start..chunk.end];
        if let Some(error) = nesting::check(tokens) {
            self.diagnostics.push(error);
            self.pass(chunk);
            return None;
        }
        if tokens.iter().any(|token| self.starts.is_foreign_word(token)) {
            self.pass(chunk);
            return None;
        }
        match self.try_parse(chunk, level, entry) {
            Ok(node) => {
                self.check_end(chunk, level);
                self.pass(chunk);
                Some(node)
            }
            Err(refusal) => {
                let place = self.place(chunk, level, &refusal);
                if place.at == chunk.end && self.starts.is_torn_name(&self.tokens, chunk.end) {
                    self.diagnostics.push(complaint::torn_name(&self.tokens, chunk.end));
                    self.pass(chunk);
                    let rest = self.next_chunk();
                    self.pass(rest);
                    return None;
                }
                let split = self.starts.split(&self.tokens, chunk.start..chunk.end, &place, level);
                let is_known = self.tokens[chunk.start..place.at]
                    .iter()
                    .any(|spanned| spanned.token == Token::Invalid);
                if !is_known {
                    self.diagnostics.push(complaint::explain(&place, &self.tokens, split));
                }
                let Some(split) = split else {
                    self.pass(chunk);
                    return None;
                };
                self.at = split;
                let before = Chunk { start: chunk.start, end: split };
                self.try_parse(self.without_comma(before), level, entry).ok()
            }
        }
    }

    fn try_parse<T>(
        &self,
        chunk: Chunk,
        level: Level,
        entry: Entry<'a, T>,
    ) -> Result<T, Refusal<'a>> {
        let mut triples: Vec<Triple<'a>> = self.tokens[chunk.start..chunk.end]
            .iter()
            .filter(|spanned| spanned.token != Token::Invalid)
            .map(|spanned| (spanned.span.start, spanned.token.clone(), spanned.span.end))
            .collect();
        if level != Level::GoalHead {
            let (start, end) = match self.tokens.get(chunk.end) {
                Some(Spanned { token: Token::Stop, span }) => (span.start, span.end),
                found => {
                    let last = (chunk.end > chunk.start).then(|| &self.tokens[chunk.end - 1]);
                    let end = last.or(found).map_or(0, |spanned| spanned.span.end);
                    (end, end)
                }
            };
            triples.push((start, Token::Stop, end));
        }
        entry(self.file, triples)
    }

    /// A rule's last comma is a full stop mistyped.
    fn without_comma(&self, chunk: Chunk) -> Chunk {
        let has_comma = self.tokens[chunk.end - 1].token == Token::Comma;
        Chunk { end: chunk.end - usize::from(has_comma && chunk.end - 1 > chunk.start), ..chunk }
    }

    /// Where a refusal is, among the file's tokens.
    fn place(&self, chunk: Chunk, level: Level, refusal: &Refusal<'a>) -> Place {
        let (found_at, expected) = match refusal {
            ParseError::UnrecognizedToken { token, expected } => (Some(token.0), &expected[..]),
            ParseError::ExtraToken { token } => (Some(token.0), &[][..]),
            ParseError::UnrecognizedEof { expected, .. } => (None, &expected[..]),
            ParseError::InvalidToken { .. } | ParseError::User { .. } => (None, &[][..]),
        };
        let at = self.tokens[chunk.start..chunk.end]
            .iter()
            .position(|spanned| {
                Some(spanned.span.start) == found_at && spanned.token != Token::Invalid
            })
            .map_or(chunk.end, |at| chunk.start + at);
        let found = if at < self.tokens.len() { Found::Token } else { Found::EndOfFile };
        Place { start: chunk.start, at, found, expected: expected.to_vec(), level }
    }

    /// What was parsed may still lack its full stop.
    fn check_end(&mut self, chunk: Chunk, level: Level) {
        let is_ended = self.token(chunk.end) == Some(&Token::Stop);
        if level != Level::GoalHead && !is_ended {
            let error = match self.tokens.get(chunk.end) {
                Some(Spanned { token: Token::BraceOpen, span }) => {
                    complaint::needless_brace(&self.tokens[chunk.start].token, *span)
                }
                _ => complaint::missing_stop(level, &self.tokens[chunk.end - 1]),
            };
            self.diagnostics.push(error);
        }
    }

    /// Moves behind a chunk and its full stop; behind the whole block, if a brace opens where
    /// none belongs; behind the opening brace of a goal.
    fn pass(&mut self, chunk: Chunk) {
        self.at = chunk.end;
        match self.token(chunk.end) {
            Some(Token::Stop) => self.at += 1,
            Some(Token::BraceOpen) if self.starts.is_goal(&self.tokens[chunk.start..]) => {
                self.at += 1;
            }
            Some(Token::BraceOpen) => {
                let mut depth = 0_usize;
                while let Some(token) = self.token(self.at) {
                    depth += usize::from(*token == Token::BraceOpen);
                    depth -= usize::from(*token == Token::BraceClose);
                    self.at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
            _ => {}
        }
    }

    fn token(&self, at: usize) -> Option<&Token<'a>> {
        self.tokens.get(at).map(|spanned| &spanned.token)
    }

    /// From a token to the last that was read.
    fn span_since(&self, start: usize) -> Span {
        self.tokens[start].span.to(self.tokens[self.at - 1].span)
    }
}
