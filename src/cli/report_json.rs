//! The report of `plan` as one JSON object.

use serde_json::{Map, Value as Json, json};

use super::report::{GoalCounts, Report};
use super::versioned::versioned;
use crate::feed::json_row;
use crate::model::{Delta, RelationId, Row};

/// One line.
pub(super) fn render(report: &Report<'_>) -> String {
    let state = &report.state;
    let mut object = Map::new();
    object.insert("now".into(), json!(state.now.to_string()));
    object.insert("goals".into(), state.goals.iter().map(goal_counts).collect());
    let ready = state.ready.iter().flat_map(|needed| {
        let row = |row: &Row| named_row(report, needed.relation, row);
        needed.rows.iter().map(move |one| json!({ "goal": needed.goal, "row": row(one) }))
    });
    let shown = if report.limit == 0 { usize::MAX } else { report.limit };
    object.insert("ready".into(), ready.take(shown).collect());
    let total: usize = state.ready.iter().map(|needed| needed.rows.len()).sum();
    object.insert("ready_total".into(), json!(total));
    let lists = state.lists.iter().map(|(id, rows)| {
        let rows = rows.iter().map(|row| named_row(report, *id, row)).collect();
        (report.program.schema.relation(*id).name.clone(), rows)
    });
    object.insert("lists".into(), Json::Object(lists.collect()));
    if !state.rule_errors.is_empty() {
        let id = report.program.builtins.rule_error;
        let rows = state.rule_errors.iter().map(|row| named_row(report, id, row));
        object.insert("rule_errors".into(), rows.collect());
    }
    if let Some(delta) = &report.delta {
        object.insert("delta".into(), changes(report, delta));
    }
    versioned(Json::Object(object))
}

fn goal_counts(counts: &GoalCounts) -> Json {
    let mut object = Map::new();
    object.insert("goal".into(), json!(counts.goal));
    for (name, number) in counts.columns() {
        object.insert(name.into(), json!(number));
    }
    Json::Object(object)
}

fn changes(report: &Report<'_>, delta: &Delta) -> Json {
    let entry = |id: RelationId, row: &Row| {
        let relation = &report.program.schema.relation(id).name;
        json!({ "relation": relation, "row": named_row(report, id, row) })
    };
    let inserted = delta
        .relations
        .iter()
        .flat_map(|one| one.inserted.iter().map(move |row| entry(one.relation, row)));
    let deleted = delta
        .relations
        .iter()
        .flat_map(|one| one.deleted.iter().map(move |row| entry(one.relation, row)));
    json!({ "insert": inserted.collect::<Vec<_>>(), "delete": deleted.collect::<Vec<_>>() })
}

fn named_row(report: &Report<'_>, id: RelationId, row: &Row) -> Json {
    json_row(report.program.schema.relation(id), row)
}
