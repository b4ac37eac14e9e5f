//! Commands and patterns with placeholders: `{p}` and `{d:%Y%m%d}`, as section 7 of the
//! language defines them. What other texts make of placeholders rests on it.

use super::suggest::did_you_mean;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Braced, Command, Piece, Type, braced};
use crate::syntax::ast::Text;

/// The names that placeholders may have, and what to call them.
pub(super) struct Known<'a> {
    pub names: Vec<(&'a str, Option<Type>)>,
    /// What another name is: `no parameter of goal "csv"`.
    pub unlike: String,
}

/// A command, after its words and placeholders were looked at.
pub(super) fn command(
    text: &Text,
    shell: bool,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) -> Command {
    let mut mistakes = Mistakes { span: text.span, known, diagnostics };
    if text.value.trim().is_empty() {
        mistakes.error("the command is empty".to_owned(), None);
    } else if shell {
        mistakes.shell(&text.value);
    } else if shlex::split(&text.value).is_none() {
        let hint = "Every quote needs its other half.";
        mistakes.error("the command's words cannot be told apart".to_owned(), Some(hint));
    } else {
        words(&text.value).iter().for_each(|word| mistakes.word(word));
    }
    Command { text: text.value.clone(), shell }
}

/// The placeholders of a pattern of paths, after they were looked at.
pub(super) fn pattern(
    text: &Text,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<String> {
    Mistakes { span: text.span, known, diagnostics }.placeholders(&text.value)
}

/// Gathers what is wrong with a text.
pub(super) struct Mistakes<'a> {
    pub span: Span,
    pub known: &'a Known<'a>,
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Mistakes<'_> {
    pub(super) fn error(&mut self, text: String, hint: Option<&str>) {
        let diagnostic = Diagnostic::error(text, self.span);
        self.diagnostics.push(match hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        });
    }

    /// Braces mean nothing to us in a shell's text, where people may think that they do.
    fn shell(&mut self, text: &str) {
        for (name, _) in &self.known.names {
            if text.contains(&format!("{{{name}}}")) && !text.contains(&format!("${{{name}}}")) {
                let message = format!("\"{{{name}}}\" means nothing in a shell's command");
                let hint = format!("Write \"$owed_{name}\", with the quotes.");
                self.diagnostics.push(Diagnostic::warning(message, self.span).hint(hint));
            }
        }
    }

    fn word(&mut self, word: &str) {
        let found = self.placeholders(word);
        let quoted = word.contains(['"', '\'', '\\']) || word.contains(char::is_whitespace);
        if let (true, Some(name)) = (quoted, found.first()) {
            let text = format!("\"{{{name}}}\" stands in a word with quotes or white space");
            let hint = "Let it be a word of its own; values that belong into longer texts go by \
                        standard input.";
            self.error(text, Some(hint));
        }
    }

    /// The names between braces.
    fn placeholders(&mut self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for part in braced(text) {
            match part {
                Braced::Text(_) => {}
                Braced::Placeholder(inside) => {
                    if let Some(Piece::Value { parameter, .. }) = self.placeholder(inside) {
                        found.push(self.known.names[parameter].0.to_owned());
                    }
                }
                Braced::Lone(brace) => self.lone_brace(brace),
            }
        }
        found
    }

    /// That a brace stands alone.
    pub(super) fn lone_brace(&mut self, brace: &str) {
        let text = format!("a brace \"{brace}\" has no other half");
        self.error(text, Some("Write {{ or }} for a brace itself."));
    }

    /// The value that is meant by what stands between braces; its place is that of its name.
    pub(super) fn placeholder(&mut self, inside: &str) -> Option<Piece> {
        let (name, format) = match inside.split_once(':') {
            Some((name, format)) => (name, Some(format)),
            None => (inside, None),
        };
        let known = self.known.names.iter().position(|(known, _)| *known == name);
        let Some(parameter) = known else {
            let text = format!("\"{{{name}}}\" is {}", self.known.unlike);
            let names: Vec<&str> = self.known.names.iter().map(|(name, _)| *name).collect();
            let mut diagnostic =
                did_you_mean(Diagnostic::error(text, self.span), name, names.iter().copied());
            if diagnostic.hints.is_empty() {
                let known = match names.as_slice() {
                    [] => String::new(),
                    names => format!("There are: {}. ", names.join(", ")),
                };
                diagnostic = diagnostic.hint(format!("{known}Write {{{{ for a brace itself."));
            }
            self.diagnostics.push(diagnostic);
            return None;
        };
        if let (Some(format), Some(ty)) = (format, self.known.names[parameter].1) {
            self.format(name, format, ty);
        }
        Some(Piece::Value { parameter, format: format.map(str::to_owned) })
    }

    fn format(&mut self, name: &str, format: &str, ty: Type) {
        let sample = jiff::civil::date(2026, 3, 25).at(8, 0, 0, 0);
        let written = match ty {
            Type::Date => jiff::fmt::strtime::format(format, sample.date()).map_err(|_| ()),
            Type::Time => sample
                .to_zoned(jiff::tz::TimeZone::UTC)
                .and_then(|clock| jiff::fmt::strtime::format(format, &clock))
                .map_err(|_| ()),
            Type::Bool | Type::Int | Type::Float | Type::Text | Type::Duration => {
                let text = format!("\"{name}\" is {ty}: only a date or a time has a format");
                return self.error(text, Some("Write it without the colon and what follows."));
            }
        };
        if written.is_err() || format.is_empty() {
            let text = format!("\"{format}\" is no format for a {ty}");
            self.error(text, Some("Formats are as for strftime, such as %Y-%m-%d or %H%M."));
        }
    }
}

/// The words of a command as they are written, quotes and all.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let (mut quote, mut escaped) = (None, false);
    for c in text.chars() {
        if c.is_whitespace() && quote.is_none() && !escaped {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        word.push(c);
        match (escaped, quote, c) {
            (true, _, _) => escaped = false,
            (false, None | Some('"'), '\\') => escaped = true,
            (false, None, '"' | '\'') => quote = Some(c),
            (false, Some(open), _) if open == c => quote = None,
            (false, _, _) => {}
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}
