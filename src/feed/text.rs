//! Lines in the language's own syntax: `+r(…)`, `-r(…)`, `looked g(…)`, `begin`, `commit`,
//! `at`, `echo`.

use super::tokens::Tokens;
use super::vocabulary::Vocabulary;
use super::{Line, Looked, Mistake, attempt, cell, columns, literal};
use crate::model::{Change, Relation, Type, Value};
use crate::syntax::Token;

/// Reads one line; a full stop at its end and a comment change nothing.
pub(super) fn parse(line: &str, vocabulary: &Vocabulary<'_>) -> Result<Line, Mistake> {
    let mut tokens = Tokens::new(line)?;
    let Some(first) = tokens.next() else { return Ok(Line::Blank) };
    let parsed = match first {
        Token::Plus => insert(&mut tokens, vocabulary)?,
        Token::Minus => delete(&mut tokens, vocabulary)?,
        Token::Name("looked") => looked(&mut tokens, vocabulary)?,
        Token::Name("begin") => Line::Begin,
        Token::Name("commit") => Line::Commit,
        Token::Name("at") => match tokens.next() {
            Some(Token::Time(moment)) => Line::At(moment),
            _ => return Err(tokens.found_instead_of("a time, such as 2026-03-25T08:00Z")),
        },
        Token::Name("echo") => match tokens.next() {
            Some(Token::Text(token)) => Line::Echo(token),
            _ => return Err(tokens.found_instead_of("text in double quotes")),
        },
        _ => {
            return Err(tokens.found_instead_of(
                "`+relation(…)`, `-relation(…)`, `looked goal(…)`, `begin`, `commit`, `at` or \
                 `echo`",
            ));
        }
    };
    tokens.end()?;
    Ok(parsed)
}

/// Reads `r("501", _)`, or by names `r(c: "501")`, of a relation: its values by column, `None`
/// where it is wild.
///
/// # Errors
/// The first mistake in it.
pub fn parse_pattern(text: &str, relation: &Relation) -> Result<Vec<Option<Value>>, Mistake> {
    let mut tokens = Tokens::new(text)?;
    match tokens.next() {
        Some(Token::Name(name) | Token::Dotted(name)) if name == relation.name => {}
        _ => return Err(tokens.found_instead_of(&format!("\"{}\"", relation.name))),
    }
    let pattern = terms(&mut tokens, relation)?;
    tokens.end()?;
    Ok(pattern.cells)
}

fn insert(tokens: &mut Tokens<'_>, vocabulary: &Vocabulary<'_>) -> Result<Line, Mistake> {
    let relation = vocabulary.writable(name(tokens)?)?;
    let pattern = terms(tokens, relation)?;
    pattern.refuse_wild(relation, "`_` in a fact that is inserted")?;
    attempt::insertion(pattern.cells, relation, vocabulary.schema())
}

fn delete(tokens: &mut Tokens<'_>, vocabulary: &Vocabulary<'_>) -> Result<Line, Mistake> {
    let relation = vocabulary.writable(name(tokens)?)?;
    let pattern = terms(tokens, relation)?;
    Ok(Line::Change(Change::Delete { relation: relation.id, pattern: pattern.cells }))
}

fn looked(tokens: &mut Tokens<'_>, vocabulary: &Vocabulary<'_>) -> Result<Line, Mistake> {
    let goal = vocabulary.goal(name(tokens)?)?;
    let pattern = terms(tokens, goal)?;
    pattern.refuse_wild(goal, "`_` in an instance that was looked at")?;
    let row = columns::all_given(pattern.cells, goal)?;
    Ok(Line::Looked(Looked { goal: goal.id, row }))
}

/// The terms of an atom, by column.
struct Pattern {
    /// `None` is wild.
    cells: Vec<Option<Value>>,
    /// Whether a term stands there, be it `_`.
    given: Vec<bool>,
}

impl Pattern {
    fn refuse_wild(&self, relation: &Relation, reason: &str) -> Result<(), Mistake> {
        let is_wild = |at: &usize| self.given[*at] && self.cells[*at].is_none();
        match (0..self.cells.len()).find(is_wild) {
            None => Ok(()),
            Some(at) => Err(Mistake::new(reason)
                .of_column(&relation.columns[at].name)
                .hint("expected a value")),
        }
    }
}

fn name<'a>(tokens: &mut Tokens<'a>) -> Result<&'a str, Mistake> {
    match tokens.next() {
        Some(Token::Name(name) | Token::Dotted(name)) => Ok(name),
        _ => Err(tokens.found_instead_of("a relation's name")),
    }
}

fn terms(tokens: &mut Tokens<'_>, relation: &Relation) -> Result<Pattern, Mistake> {
    tokens.expect(&Token::ParenOpen)?;
    match tokens.is_named_term() {
        true => named(tokens, relation),
        false => positional(tokens, relation),
    }
}

fn positional(tokens: &mut Tokens<'_>, relation: &Relation) -> Result<Pattern, Mistake> {
    let mut cells = Vec::with_capacity(relation.columns.len());
    if !tokens.take(&Token::ParenClose) {
        loop {
            match relation.columns.get(cells.len()) {
                Some(column) => cells.push(
                    term(tokens, column.ty).map_err(|mistake| mistake.of_column(&column.name))?,
                ),
                None => return Err(wrong_number("more", relation)),
            }
            match tokens.next() {
                Some(Token::Comma) => {}
                Some(Token::ParenClose) => break,
                _ => return Err(tokens.found_instead_of("`,` or `)`")),
            }
        }
    }
    match cells.len() == relation.columns.len() {
        true => Ok(Pattern { given: vec![true; cells.len()], cells }),
        false => Err(wrong_number(&format!("{}", cells.len()), relation)),
    }
}

fn wrong_number(given: &str, relation: &Relation) -> Mistake {
    let wanted = relation.columns.len();
    let terms = if wanted == 1 { "term" } else { "terms" };
    let reason = match given {
        "more" => format!("more than {wanted} {terms}"),
        _ => format!("{given} instead of {wanted} {terms}"),
    };
    Mistake::new(reason).hint(format!("expected {}", columns::names(relation)))
}

fn named(tokens: &mut Tokens<'_>, relation: &Relation) -> Result<Pattern, Mistake> {
    let mut cells = vec![None; relation.columns.len()];
    let mut given = vec![false; relation.columns.len()];
    loop {
        let Some(Token::Name(name)) = tokens.next() else {
            return Err(tokens.found_instead_of("a column's name"));
        };
        let at = columns::find(relation, name)?;
        if std::mem::replace(&mut given[at], true) {
            return Err(Mistake::new("the column is given twice").of_column(name));
        }
        tokens.expect(&Token::Colon)?;
        let ty = relation.columns[at].ty;
        cells[at] = term(tokens, ty).map_err(|mistake| mistake.of_column(name))?;
        match tokens.next() {
            Some(Token::Comma) => {}
            Some(Token::ParenClose) => return Ok(Pattern { cells, given }),
            _ => return Err(tokens.found_instead_of("`,` or `)`")),
        }
    }
}

/// A literal of that type, or `None` for `_`.
fn term(tokens: &mut Tokens<'_>, ty: Type) -> Result<Option<Value>, Mistake> {
    let start = tokens.position();
    let is_negative = tokens.take(&Token::Minus);
    let Some(token) = tokens.next() else {
        return Err(tokens.found_instead_of("a value"));
    };
    match token {
        Token::Wildcard if !is_negative => return Ok(None),
        Token::Name(_) | Token::Dotted(_) => {
            return Err(tokens
                .found_instead_of("a value")
                .hint(format!("expected a literal of type {ty}; text stands in double quotes")));
        }
        _ => {}
    }
    match literal::value(&token, is_negative, ty) {
        Some(value) => Ok(Some(value)),
        None if literal::is_literal(&token) => {
            Err(Mistake::wrong_type(cell::shortened(tokens.since(start)), ty))
        }
        None => Err(tokens.found_instead_of("a value")),
    }
}
