//! Text to tokens, by hand. A mistake is a diagnostic and, where the meaning is plain, the
//! token that was meant: `==` is read as `=`, so that what follows is still understood.

use super::number;
use super::quoted;
use super::slip;
use super::token::{Spanned, Token};
use crate::diagnostic::{Diagnostic, FileId, Span};

/// Every token of a text, and what is wrong with it. Comments are left out, `///` is not.
pub fn lex(text: &str, file: FileId) -> (Vec<Spanned<'_>>, Vec<Diagnostic>) {
    let mut lexer = Lexer::new(text, file);
    let tokens = lexer.by_ref().collect();
    (tokens, lexer.into_diagnostics())
}

/// Reads a text token by token.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    file: FileId,
    /// Everything before it is read.
    at: usize,
    /// Whether what came before can end an expression, so that a `-` is a subtraction.
    after_operand: bool,
    /// A token to yield before reading on.
    pending: Option<Spanned<'a>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Lexer<'a> {
    /// A lexer at the start of a text, which is cut at four gigabytes.
    pub fn new(text: &'a str, file: FileId) -> Lexer<'a> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut lexer =
            Lexer { text, file, at, after_operand: false, pending: None, diagnostics: Vec::new() };
        if u32::try_from(text.len()).is_err() {
            lexer.text = "";
            lexer.at = 0;
            lexer.error("the file is larger than four gigabytes", 0, 0);
        }
        lexer
    }

    /// What is wrong with the text that was read so far.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The text that is not read yet.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The whole text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// How far it is read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Moves on by some bytes.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The byte that far ahead, 0 at the end.
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Whether the token before ends an expression.
    pub(super) fn is_after_operand(&self) -> bool {
        self.after_operand
    }

    /// Whether nothing but white space stands before the next token on its line.
    pub(super) fn is_first_on_line(&self) -> bool {
        let before = &self.text[..self.at];
        before[before.rfind('\n').map_or(0, |at| at + 1)..].trim().is_empty()
    }

    /// Yields a token after the one that is being read.
    pub(super) fn push_pending(&mut self, token: Token<'a>, start: usize, end: usize) {
        self.pending = Some(Spanned { token, span: self.span(start, end) });
    }

    /// Reports an error over a stretch of text.
    pub(super) fn error(&mut self, message: impl Into<String>, start: usize, end: usize) {
        self.report(Diagnostic::error(message, self.span(start, end)));
    }

    /// Keeps a diagnostic.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A stretch of the text.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let place = |at: usize| u32::try_from(at).expect("texts over four gigabytes are refused");
        Span { file: self.file, start: place(start), end: place(end) }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.advance(blank);
            let rest = self.rest();
            if rest.starts_with("/*") {
                self.skip_block_comment();
            } else if rest.starts_with("//") && !is_documentation(rest) {
                self.skip_line();
            } else if !slip::skip_foreign_comment(self) {
                return;
            }
        }
    }

    /// Moves to the end of the line.
    pub(super) fn skip_line(&mut self) {
        let rest = self.rest();
        self.advance(rest.find('\n').unwrap_or(rest.len()));
    }

    fn skip_block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.advance(2);
            } else if let Some(next) = self.rest().chars().next() {
                self.advance(next.len_utf8());
            } else {
                let span = self.span(start, start + 2);
                self.report(
                    Diagnostic::error("the comment is not closed", span)
                        .labelled("it opens here")
                        .hint("Close it with `*/`; comments nest, so every `/*` needs its own."),
                );
                return;
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn read(&mut self) -> Option<Token<'a>> {
        let next = self.rest().chars().next()?;
        Some(match next {
            'a'..='z' | 'A'..='Z' | '_' => self.read_word(),
            '0'..='9' => number::read(self),
            '"' => quoted::read(self),
            '/' if self.rest().starts_with("///") => self.read_documentation(),
            '.' => self.read_dot(),
            '-' if !self.after_operand && number::is_least_int(&self.rest()[1..]) => {
                self.advance(1 + number::LEAST_INT_DIGITS.len());
                Token::Int(i64::MIN)
            }
            letter if letter.is_alphabetic() => slip::read_foreign_word(self),
            _ => match slip::read(self) {
                Some(token) => token,
                None => self.read_symbol(next),
            },
        })
    }

    fn read_word(&mut self) -> Token<'a> {
        let rest = self.rest();
        let mut end = word_length(rest);
        let mut is_dotted = false;
        while rest.as_bytes().get(end) == Some(&b'.') && starts_word(&rest[end + 1..]) {
            end += 1 + word_length(&rest[end + 1..]);
            is_dotted = true;
        }
        if rest[end..].starts_with(char::is_alphabetic) {
            return slip::read_foreign_word(self);
        }
        self.advance(end);
        match &rest[..end] {
            name if is_dotted => Token::Dotted(name),
            "true" => Token::True,
            "false" => Token::False,
            "True" | "TRUE" | "False" | "FALSE" => slip::mend_bool(self, &rest[..end]),
            "not" => Token::Not,
            "in" => Token::In,
            "now" => Token::Now,
            "_" => Token::Wildcard,
            name => Token::Name(name),
        }
    }

    fn read_documentation(&mut self) -> Token<'a> {
        let start = self.at + 3;
        self.skip_line();
        let line = self.text[start..self.at].trim_end();
        Token::Doc(line.strip_prefix(' ').unwrap_or(line))
    }

    fn read_dot(&mut self) -> Token<'a> {
        let start = self.at;
        for (symbol, token) in [("..=", Token::RangeInclusive), ("..", Token::Range)] {
            if self.rest().starts_with(symbol) {
                self.advance(symbol.len());
                return token;
            }
        }
        self.advance(1);
        let rest = self.rest();
        let ends = rest.is_empty()
            || rest.starts_with(char::is_whitespace)
            || ["}", "//", "/*"].iter().any(|after| rest.starts_with(after));
        let is_point = rest.starts_with(|next: char| next.is_ascii_digit());
        if is_point && !self.after_operand {
            let error =
                Diagnostic::error("a number begins with a digit", self.span(start, start + 1));
            self.report(error.hint("Write a digit before the point: `0.5`."));
            return number::read(self);
        }
        if !ends {
            let span = self.span(start, start + 1);
            self.report(Diagnostic::error("a full stop is followed by white space", span).hint(
                "End a statement with `.` and a space or a new line; names like \
                 `goal.relation` are written together.",
            ));
        }
        if is_point {
            return Token::Invalid;
        }
        Token::Stop
    }

    fn read_symbol(&mut self, next: char) -> Token<'a> {
        const LONG: [(&str, Token<'static>); 5] = [
            (":-", Token::When),
            ("!=", Token::NotEqual),
            ("<=", Token::LessOrEqual),
            (">=", Token::GreaterOrEqual),
            ("++", Token::PlusPlus),
        ];
        if let Some((symbol, token)) = LONG.iter().find(|(s, _)| self.rest().starts_with(s)) {
            self.advance(symbol.len());
            return token.clone();
        }
        let start = self.at;
        self.advance(next.len_utf8());
        match next {
            '(' => Token::ParenOpen,
            ')' => Token::ParenClose,
            '{' => Token::BraceOpen,
            '}' => Token::BraceClose,
            ',' => Token::Comma,
            ':' => Token::Colon,
            '=' => Token::Equal,
            '<' => Token::Less,
            '>' => Token::Greater,
            '+' => Token::Plus,
            '-' => Token::Minus,
            '*' => Token::Star,
            '/' => Token::Slash,
            '%' => Token::Percent,
            other => {
                slip::report_unknown(self, other, start);
                Token::Invalid
            }
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Spanned<'a>;

    fn next(&mut self) -> Option<Spanned<'a>> {
        if let Some(pending) = self.pending.take() {
            return Some(pending);
        }
        self.skip_blanks();
        let start = self.at;
        let token = self.read()?;
        self.after_operand = ends_operand(&token);
        Some(Spanned { token, span: self.span(start, self.at) })
    }
}

/// How many bytes of the text are one word without dots.
pub(super) fn word_length(text: &str) -> usize {
    text.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(text.len())
}

/// Whether a byte may stand within a word.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn starts_word(text: &str) -> bool {
    text.starts_with(|next: char| next.is_ascii_alphabetic() || next == '_')
}

/// `///`, but not the rulers of four slashes and more.
fn is_documentation(rest: &str) -> bool {
    rest.starts_with("///") && !rest.starts_with("////")
}

fn ends_operand(token: &Token<'_>) -> bool {
    match token {
        Token::Name(_)
        | Token::Dotted(_)
        | Token::Int(_)
        | Token::Float(_)
        | Token::Text(_)
        | Token::Date(_)
        | Token::Time(_)
        | Token::Duration(_)
        | Token::True
        | Token::False
        | Token::Now
        | Token::Wildcard
        | Token::ParenClose => true,
        Token::Doc(_)
        | Token::Not
        | Token::In
        | Token::ParenOpen
        | Token::BraceOpen
        | Token::BraceClose
        | Token::Comma
        | Token::Colon
        | Token::When
        | Token::Stop
        | Token::Range
        | Token::RangeInclusive
        | Token::Equal
        | Token::NotEqual
        | Token::Less
        | Token::LessOrEqual
        | Token::Greater
        | Token::GreaterOrEqual
        | Token::Plus
        | Token::PlusPlus
        | Token::Minus
        | Token::Star
        | Token::Slash
        | Token::Percent
        | Token::Invalid => false,
    }
}
