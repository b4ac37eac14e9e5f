//! Goals, as a schema shows them, and attempts of theirs that come without what the server
//! fills in.

use super::{Line, Mistake, Report, ReportedOutcome, columns, upkeep};
use crate::model::{Change, Relation, Schema, Value};

/// The columns of an attempt behind those of the goal, in their order.
const COLUMNS: [&str; 5] = ["number", "started", "ended", "outcome", "message"];
/// Those that nobody but the server knows.
const FILLED_IN: [&str; 3] = ["number", "started", "ended"];

/// What an insertion with these values is, by column; `None` where a column is left out.
pub(super) fn insertion(
    cells: Vec<Option<Value>>,
    relation: &Relation,
    schema: &Schema,
) -> Result<Line, Mistake> {
    let is_left_out = |name: &&str| relation.column(name).is_some_and(|at| cells[at].is_none());
    match goal_of(relation, schema) {
        Some(goal) if FILLED_IN.iter().all(is_left_out) => {
            report(cells, relation, goal).map(Line::Report)
        }
        _ => {
            let row = columns::all_given(cells, relation)?;
            Ok(Line::Change(Change::Insert { relation: relation.id, row }))
        }
    }
}

/// The goal whose attempts a relation holds.
pub(super) fn goal_of<'a>(relation: &Relation, schema: &'a Schema) -> Option<&'a Relation> {
    let goal = schema.find(relation.name.strip_suffix(".attempt")?)?;
    let behind = relation.columns.strip_prefix(goal.columns.as_slice())?;
    let names = behind.iter().map(|column| column.name.as_str());
    names.eq(COLUMNS).then_some(goal)
}

/// Whether a relation is a goal's own.
pub(super) fn is_goal(relation: &Relation, schema: &Schema) -> bool {
    let attempts = schema.find(&format!("{}.attempt", relation.name));
    attempts.is_some_and(|attempts| goal_of(attempts, schema).is_some())
}

fn report(
    mut cells: Vec<Option<Value>>,
    attempts: &Relation,
    goal: &Relation,
) -> Result<Report, Mistake> {
    let is_optional = |name: &str| FILLED_IN.contains(&name) || name == "message";
    let columns = attempts.columns.iter().zip(&cells);
    let given: Vec<bool> =
        columns.map(|(column, cell)| cell.is_some() || is_optional(&column.name)).collect();
    columns::all_present(&given, attempts)?;
    let mut rest = cells.split_off(goal.columns.len()).into_iter().skip(FILLED_IN.len());
    let mut text = || match rest.next().flatten() {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let (outcome, message) = (text().unwrap_or_default(), text());
    let outcome = ReportedOutcome::ALL
        .into_iter()
        .find(|one| one.name() == outcome)
        .ok_or_else(|| upkeep::not_reported(&outcome))?;
    let row = cells.into_iter().flatten().collect();
    Ok(Report { goal: goal.id, row, outcome, message })
}
