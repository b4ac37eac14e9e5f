//! Small damages to a text, as slips of the hand make them.

use std::ops::Range;

use fastrand::Rng;
use owed::diagnostic::{FileId, Span};
use owed::syntax::{ast, lex, parse};

const PIECES: [&str; 48] = [
    ".",
    ",",
    ":-",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "'",
    ":",
    "=",
    "==",
    "!",
    "&&",
    "||",
    ";",
    "..",
    "..=",
    "+",
    "-",
    "%",
    "/",
    "//",
    "///",
    "/*",
    "*/",
    "#",
    "\\",
    "\u{feff}",
    "é",
    "—",
    "now",
    "not",
    "in",
    "_",
    "goal",
    "input",
    "ok",
    "needs",
    "every",
    "check",
    "1d",
    "1.5h",
    "2026-02-30",
    "2026-03-25T08:00",
    "9223372036854775808",
    "-9223372036854775808",
    "\n",
];

/// The text with one to eight damages.
pub fn mutate(random: &mut Rng, text: &str) -> String {
    let mut mutated = text.to_owned();
    for _ in 0..random.usize(1..=8) {
        damage(random, &mut mutated);
    }
    mutated
}

/// The text with one to three statements, clauses or words dropped, doubled or exchanged, so
/// that it often still reads as a program.
pub fn rearrange(random: &mut Rng, text: &str) -> String {
    let mut mutated = text.to_owned();
    for _ in 0..random.usize(1..=3) {
        let parts = match random.u8(..4) {
            0 => statements(&mutated),
            _ => words(&mutated),
        };
        let (Some(one), Some(other)) = (random.choice(&parts), random.choice(&parts)) else {
            damage(random, &mut mutated);
            continue;
        };
        match random.u8(..4) {
            0 => mutated.replace_range(one.clone(), ""),
            1 => mutated.insert_str(one.end, &format!(" {}", &mutated[one.clone()])),
            2 => {
                let copy = mutated[other.clone()].to_owned();
                mutated.replace_range(one.clone(), &copy);
            }
            _ => exchange(&mut mutated, one, other),
        }
    }
    mutated
}

fn damage(random: &mut Rng, text: &mut String) {
    let (start, end) = stretch(random, text);
    let piece = match random.u8(..4) {
        0 => String::new(),
        1 => format!(" {} ", random.choice(PIECES).expect("some pieces")),
        2 => random.choice(PIECES).expect("some pieces").to_owned(),
        _ => {
            let (start, end) = stretch(random, text);
            text[start..end].to_owned()
        }
    };
    text.replace_range(start..end, &piece);
}

fn exchange(text: &mut String, one: &Range<usize>, other: &Range<usize>) {
    let (first, last) = if one.start <= other.start { (one, other) } else { (other, one) };
    if first.end <= last.start {
        let (a, b) = (text[first.clone()].to_owned(), text[last.clone()].to_owned());
        text.replace_range(last.clone(), &a);
        text.replace_range(first.clone(), &b);
    }
}

fn words(text: &str) -> Vec<Range<usize>> {
    lex(text, FileId(0)).0.into_iter().map(|token| range(token.span)).collect()
}

/// The statements, and the clauses of goals.
fn statements(text: &str) -> Vec<Range<usize>> {
    let (file, _) = parse(text, FileId(0));
    let mut found = Vec::new();
    for statement in &file.statements {
        found.push(range(statement.span));
        if let ast::StatementKind::Goal(goal) = &statement.kind {
            found.extend(goal.clauses.iter().map(|clause| range(clause.span)));
        }
    }
    found
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

/// A short part of the text, often an empty one.
fn stretch(random: &mut Rng, text: &str) -> (usize, usize) {
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = random.usize(..=text.len());
    let length = if random.bool() { 0 } else { random.usize(..40) };
    (boundary(start), boundary((start + length).min(text.len())))
}
