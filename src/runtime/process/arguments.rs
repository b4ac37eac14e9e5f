//! A command's text to the words that are executed. Values go inside of the words that the rule
//! wrote, and make neither words, options nor paths of their own.

use super::Refused;
use crate::model::{Braced, Column, Command, Row, Value, braced};
use crate::runtime::values::{formatted, plain, shared};

/// The shell that `sh "…"` asks for.
const SHELL: &str = "/bin/sh";

/// The words of a command, the program first. With several instances a placeholder stands for
/// the value that they all have.
///
/// # Errors
/// If a value may not stand where the rule puts it.
///
/// # Panics
/// If the command is not one that the checker lets through.
pub fn argument_vector(
    command: &Command,
    parameters: &[Column],
    instances: &[Row],
) -> Result<Vec<String>, Refused> {
    if command.shell {
        return Ok([SHELL, "-c", &command.text].map(str::to_string).to_vec());
    }
    let mut is_after_dashes = false;
    let mut filled = Vec::new();
    for word in words(command) {
        let word_filled = Word { pieces: pieces(&word), parameters, instances };
        filled.push(word_filled.fill(is_after_dashes)?);
        is_after_dashes |= word == "--";
    }
    Ok(filled)
}

/// Whether a command speaks of one instance, and is to be run for each.
pub fn asks_for_parameters(command: &Command, parameters: &[Column]) -> bool {
    match command.shell {
        true => parameters
            .iter()
            .any(|column| names_variable(&command.text, &shell_variable(&column.name))),
        false => words(command)
            .iter()
            .flat_map(|word| pieces(word))
            .any(|piece| matches!(piece, Piece::Value { .. })),
    }
}

/// What a shell's command calls a parameter.
pub(super) fn shell_variable(parameter: &str) -> String {
    format!("owed_{parameter}")
}

fn words(command: &Command) -> Vec<String> {
    shlex::split(&command.text).expect("the checker splits the words of every command")
}

/// Whether a name stands in a shell's text by itself.
fn names_variable(text: &str, name: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    text.match_indices(name).any(|(at, _)| !goes_on(&text[at + name.len()..]))
}

/// A part of a word as the rule wrote it.
#[derive(Debug, PartialEq)]
enum Piece {
    Literal(String),
    Value { name: String, format: Option<String> },
}

/// Takes a word apart at its braces.
fn pieces(word: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    for part in braced(word) {
        let inside = match part {
            Braced::Text(text) => {
                literal.push_str(text);
                continue;
            }
            Braced::Placeholder(inside) => inside,
            Braced::Lone(_) => unreachable!("the checker pairs braces: {word}"),
        };
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        let (name, format) = match inside.split_once(':') {
            Some((name, format)) => (name, Some(format.to_string())),
            None => (inside, None),
        };
        pieces.push(Piece::Value { name: name.to_string(), format });
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// A word of the rule, with what its placeholders may stand for.
struct Word<'a> {
    pieces: Vec<Piece>,
    parameters: &'a [Column],
    instances: &'a [Row],
}

/// A piece with its value.
enum Filled<'a> {
    /// Written by the rule, or made by a format that it wrote.
    Ours(String),
    Fact(&'a str, &'a Value),
}

impl<'a> Word<'a> {
    fn fill(&'a self, is_after_dashes: bool) -> Result<String, Refused> {
        let filled: Vec<Filled<'a>> =
            self.pieces.iter().map(|piece| self.value(piece)).collect::<Result<_, _>>()?;
        let is_path =
            filled.iter().any(|one| matches!(one, Filled::Ours(text) if text.contains('/')));
        for one in &filled {
            if let Filled::Fact(name, value) = one {
                check(name, value, is_path)?;
            }
        }
        let text: String = filled.iter().map(Filled::text).collect();
        let first_fact = filled.iter().find_map(Filled::fact);
        let is_option = text.starts_with('-') && !self.is_option();
        if let (true, false, Some((name, value))) = (is_option, is_after_dashes, first_fact) {
            let reason = "makes a word begin with \"-\"; the rule can write -- before it";
            return Err(Refused::value(name, value, reason));
        }
        if is_path && parents(&text) > self.parents_of_rule(&filled) {
            let (name, value) = first_fact.expect("what the rule wrote is the rest");
            return Err(Refused::value(name, value, "makes \"..\" of a part of a path"));
        }
        Ok(text)
    }

    fn value(&'a self, piece: &'a Piece) -> Result<Filled<'a>, Refused> {
        let (name, format) = match piece {
            Piece::Literal(text) => return Ok(Filled::Ours(text.clone())),
            Piece::Value { name, format } => (name, format),
        };
        let value = self.shared(name)?;
        match format {
            None => Ok(Filled::Fact(name, value)),
            Some(format) => formatted(value, format)
                .map(Filled::Ours)
                .map_err(|reason| Refused::value(name, value, reason)),
        }
    }

    /// The value that all instances have.
    fn shared(&self, name: &str) -> Result<&'a Value, Refused> {
        let at = self.parameters.iter().position(|column| column.name == name);
        let at = at.expect("the checker knows the names in braces");
        shared(self.instances, at)
            .ok_or_else(|| Refused::several_values(name, self.instances.len()))
    }

    /// Whether the rule itself began the word with `-`.
    fn is_option(&self) -> bool {
        matches!(self.pieces.first(), Some(Piece::Literal(text)) if text.starts_with('-'))
    }

    /// How often the rule itself wrote `..` as a part of a path.
    fn parents_of_rule(&self, filled: &[Filled<'_>]) -> usize {
        let text: String = filled
            .iter()
            .map(|one| match one {
                Filled::Ours(text) => text,
                Filled::Fact(..) => "_",
            })
            .collect();
        parents(&text)
    }
}

impl<'a> Filled<'a> {
    fn text(&self) -> String {
        match self {
            Filled::Ours(text) => text.clone(),
            Filled::Fact(_, value) => plain(value),
        }
    }

    fn fact(&self) -> Option<(&'a str, &'a Value)> {
        match self {
            Filled::Ours(_) => None,
            Filled::Fact(name, value) => Some((name, value)),
        }
    }
}

fn parents(path: &str) -> usize {
    path.split('/').filter(|part| *part == "..").count()
}

/// Whether a value may stand in a word, which is a path if the rule wrote a `/` in it.
fn check(name: &str, value: &Value, is_path: bool) -> Result<(), Refused> {
    let Value::Text(text) = value else { return Ok(()) };
    let refused = |reason| Err(Refused::value(name, value, reason));
    match &**text {
        text if text.contains('\0') => refused("holds NUL"),
        text if is_path && text.contains('/') => refused("holds \"/\" in a word with a \"/\""),
        ".." if is_path => refused("stands in a word with a \"/\""),
        _ => Ok(()),
    }
}
