//! SQL of a rule, taken apart as far as we have to know it: statements end at `;`, and `{p}`
//! stands for a value that is bound. In quotes and comments neither means anything.

use super::command::{Known, Mistakes};
use crate::diagnostic::Diagnostic;
use crate::model::{Piece, Template};
use crate::syntax::ast::Text;

/// The statements of a text, after they were looked at.
pub(super) fn statements(
    text: &Text,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Template> {
    let mistakes = Mistakes { span: text.span, known, diagnostics };
    let mut scanner =
        Scanner { rest: &text.value, statement: Statement::default(), mistakes, told: Vec::new() };
    let mut statements = Vec::new();
    while scanner.step() {
        if scanner.rest.is_empty() || scanner.rest.starts_with(';') {
            let statement = std::mem::take(&mut scanner.statement);
            statements.extend(statement.finish());
            scanner.rest = scanner.rest.get(1..).unwrap_or_default();
        }
    }
    let mut mistakes = scanner.mistakes;
    if statements.is_empty() {
        mistakes.error("there is no statement".to_owned(), None);
    }
    if statements.len() > 1 {
        statements.iter().for_each(|statement| own_transaction(statement, &mut mistakes));
    }
    statements
}

/// Several statements are one transaction, which none of them may begin or end.
fn own_transaction(statement: &Template, mistakes: &mut Mistakes<'_>) {
    let Some(Piece::Literal(text)) = statement.pieces.first() else { return };
    let word = text.split_whitespace().next().unwrap_or_default();
    let is_ours = ["begin", "start", "commit", "end", "rollback", "abort"];
    if is_ours.contains(&&*word.to_lowercase()) {
        let text = format!("the statements are one transaction already, without \"{word}\"");
        mistakes.error(text, Some("Leave it out: all of them are committed, or none."));
    }
}

/// A statement that is being read.
#[derive(Default)]
struct Statement {
    pieces: Vec<Piece>,
    literal: String,
    /// Whether there is anything but comments.
    has_code: bool,
}

impl Statement {
    fn literal(&mut self, text: &str, is_code: bool) {
        self.has_code |= is_code && !text.trim().is_empty();
        self.literal.push_str(text);
    }

    fn value(&mut self, value: Piece) {
        self.has_code = true;
        self.flush();
        self.pieces.push(value);
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.pieces.push(Piece::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Option<Template> {
        self.literal.truncate(self.literal.trim_end().len());
        self.flush();
        if let Some(Piece::Literal(first)) = self.pieces.first_mut() {
            *first = first.trim_start().to_owned();
        }
        self.has_code.then_some(Template { pieces: self.pieces })
    }
}

struct Scanner<'a> {
    rest: &'a str,
    statement: Statement,
    mistakes: Mistakes<'a>,
    /// The names of which it was said that they mean nothing between quotes.
    told: Vec<&'a str>,
}

impl<'a> Scanner<'a> {
    /// Goes on to the end of a statement, or over one thing that is not plain; false at the end.
    fn step(&mut self) -> bool {
        if self.rest.is_empty() && !self.statement.has_code {
            return false;
        }
        let special = ['\'', '"', '-', '/', '$', '{', '}', ';'];
        let at = self.rest.find(special).unwrap_or(self.rest.len());
        self.take(at, true);
        let next = self.rest.chars().nth(1);
        match self.rest.chars().next() {
            Some('\'') => self.quoted('\''),
            Some('"') => self.quoted('"'),
            Some('-') if next == Some('-') => {
                let length = self.rest.find('\n').unwrap_or(self.rest.len());
                self.take(length, false);
            }
            Some('/') if next == Some('*') => drop(self.take(comment_length(self.rest), false)),
            Some('$') => self.dollar(),
            Some('{' | '}') => self.brace(),
            Some(';') | None => {}
            Some(_) => drop(self.take(1, true)),
        }
        true
    }

    fn take(&mut self, length: usize, is_code: bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.statement.literal(taken, is_code);
        self.rest = rest;
        taken
    }

    /// A text or a name; a doubled quote in it looks like two of them.
    fn quoted(&mut self, quote: char) {
        let before = self.statement.literal.as_bytes();
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let has_escapes = quote == '\''
            && matches!(before, [.., b'e' | b'E'])
            && !before.iter().rev().nth(1).is_some_and(is_word);
        let mut is_escaped = false;
        let end = self.rest.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == quote && !is_escaped;
            is_escaped = has_escapes && *c == '\\' && !is_escaped;
            ends
        });
        let Some((end, _)) = end else {
            self.unended(&format!("a quote {quote} has no other half"));
            return;
        };
        let quoted = self.take(end + 1, true);
        self.in_quotes(quoted);
    }

    /// `$$…$$` and `$tag$…$tag$`, or a parameter that is none of ours.
    fn dollar(&mut self) {
        let is_tag = |c: char| c.is_alphanumeric() || c == '_';
        let length = self.rest[1..].find(|c| !is_tag(c)).map_or(self.rest.len(), |at| at + 1);
        let is_quote = self.rest[length..].starts_with('$')
            && !self.rest[1..].starts_with(|c: char| c.is_ascii_digit());
        if !is_quote {
            let name = self.take(length, true);
            let text = format!("\"{name}\" stands for nothing in a statement");
            let hint = "Values of the goal are written {p}, and are bound by us.";
            return self.mistakes.error(text, Some(hint));
        }
        let tag = &self.rest[..=length];
        match self.rest[length + 1..].find(tag) {
            Some(end) => {
                let quoted = self.take(length + 1 + end + tag.len(), true);
                self.in_quotes(quoted);
            }
            None => self.unended(&format!("a quote {tag} has no other half")),
        }
    }

    fn unended(&mut self, text: &str) {
        self.mistakes.error(text.to_owned(), None);
        self.take(self.rest.len(), true);
    }

    /// Braces mean nothing in quotes, where people may think that they do.
    fn in_quotes(&mut self, quoted: &str) {
        for (name, _) in &self.mistakes.known.names {
            let inside = [format!("{{{name}}}"), format!("{{{name}:")];
            let is_new = !self.told.contains(name);
            if is_new && inside.iter().any(|inside| quoted.contains(inside)) {
                self.told.push(name);
                let text = format!("\"{{{name}}}\" means nothing between quotes");
                let hint = "A value is bound, and needs no quotes: leave them out, and join texts \
                            with ||.";
                self.mistakes.error(text, Some(hint));
            }
        }
    }

    fn brace(&mut self) {
        let (brace, after) = self.rest.split_at(1);
        if after.starts_with(brace) {
            self.statement.literal(brace, true);
            self.rest = &after[1..];
            return;
        }
        let (Some(end), "{") = (after.find('}'), brace) else {
            self.mistakes.lone_brace(brace);
            self.take(self.rest.len(), true);
            return;
        };
        self.rest = &after[end + 1..];
        if let Some(value) = self.mistakes.placeholder(&after[..end]) {
            self.statement.value(value);
        }
    }
}

/// Comments nest, as in PostgreSQL. One without an end goes on to the end.
fn comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(next) = text[at..].find(['/', '*']) {
        at += next;
        match text.get(at..at + 2) {
            Some("/*") => (depth, at) = (depth + 1, at + 2),
            Some("*/") if depth == 1 => return at + 2,
            Some("*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}
