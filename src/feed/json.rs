//! Lines that are JSON objects, with columns by name.

use serde_json::{Map, Value as Json};

use super::mistake::nearest;
use super::vocabulary::Vocabulary;
use super::{Line, Looked, Mistake, attempt, cell, columns};
use crate::model::{Change, Relation, Row, Type, Value};

/// What a JSON object may say; `tx` is what our own output carries beside it.
const VERBS: [&str; 7] = ["insert", "delete", "looked", "begin", "commit", "at", "echo"];

/// Reads one object.
pub(super) fn parse(line: &str, vocabulary: &Vocabulary<'_>) -> Result<Line, Mistake> {
    let object: Map<String, Json> =
        serde_json::from_str(line).map_err(|error| Mistake::not_json(&error))?;
    let mut verbs = object.iter().filter(|(name, _)| *name != "row" && *name != "tx");
    let (verb, argument) = match (verbs.next(), verbs.next()) {
        (Some(verb), None) => verb,
        (None, _) => return Err(Mistake::new("the object does not say what to do").hint(one_of())),
        (Some((one, _)), Some((other, _))) => {
            return Err(Mistake::new(format!("both \"{one}\" and \"{other}\"")).hint(one_of()));
        }
    };
    let row = object.get("row");
    match verb.as_str() {
        "insert" | "delete" | "looked" => row_of(verb, argument, row, vocabulary),
        verb if row.is_some() && VERBS.contains(&verb) => {
            Err(Mistake::new(format!("\"{verb}\" takes no \"row\"")))
        }
        "begin" => flag(verb, argument, Line::Begin),
        "commit" => flag(verb, argument, Line::Commit),
        "at" => cell::moment(argument).map(Line::At),
        "echo" => match argument {
            Json::String(token) => Ok(Line::Echo(token.clone())),
            other => Err(Mistake::wrong_type(other, Type::Text)),
        },
        _ => {
            let mistake = Mistake::new(format!("unknown name \"{verb}\""));
            let names = VERBS.into_iter().chain(["row"]);
            Err(mistake.hint(nearest(verb, names).unwrap_or_else(one_of)))
        }
    }
}

fn one_of() -> String {
    format!("expected one of {}", VERBS.map(|verb| format!("\"{verb}\"")).join(", "))
}

fn flag(verb: &str, argument: &Json, line: Line) -> Result<Line, Mistake> {
    match argument {
        Json::Bool(true) => Ok(line),
        other => Err(Mistake::new(format!("\"{verb}\" is {other}")).hint("expected true")),
    }
}

fn row_of(
    verb: &str,
    argument: &Json,
    row: Option<&Json>,
    vocabulary: &Vocabulary<'_>,
) -> Result<Line, Mistake> {
    let Json::String(name) = argument else {
        let mistake = Mistake::new(format!("\"{verb}\" is {argument}"));
        return Err(mistake.hint("expected a relation's name as text"));
    };
    let relation = match verb {
        "looked" => vocabulary.goal(name)?,
        _ => vocabulary.writable(name)?,
    };
    let Some(Json::Object(row)) = row else {
        return Err(Mistake::new(format!("\"{verb}\" without a \"row\""))
            .hint(format!("expected an object of {}", columns::names(relation))));
    };
    let pattern = pattern(row, relation)?;
    match verb {
        "insert" => attempt::insertion(pattern, relation, vocabulary.schema()),
        "looked" => {
            let row = columns::all_given(pattern, relation)?;
            Ok(Line::Looked(Looked { goal: relation.id, row }))
        }
        _ => Ok(Line::Change(Change::Delete { relation: relation.id, pattern })),
    }
}

/// A value for each column of the relation, and for nothing else.
pub(super) fn whole_row(object: &Map<String, Json>, relation: &Relation) -> Result<Row, Mistake> {
    columns::all_given(pattern(object, relation)?, relation)
}

fn pattern(object: &Map<String, Json>, relation: &Relation) -> Result<Vec<Option<Value>>, Mistake> {
    let mut cells = vec![None; relation.columns.len()];
    for (name, json) in object {
        let at = columns::find(relation, name)?;
        let value = cell::from_json(json, relation.columns[at].ty);
        cells[at] = Some(value.map_err(|mistake| mistake.of_column(name))?);
    }
    Ok(cells)
}
