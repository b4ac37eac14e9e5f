//! A profile as one JSON object.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::profile::Measured;
use super::versioned::versioned;

/// One line. Every rule, and every line of the plan in its order.
pub(super) fn render(measured: &Measured<'_>) -> String {
    let rules = measured
        .rules()
        .into_iter()
        .map(|rule| json!({ "rule": rule.place, "ms": millis(rule.time), "rows": rule.rows }));
    let lines = measured.plan.outline(measured.workers).into_iter().map(|line| {
        let mut object = json!({ "depth": line.depth, "operator": line.words });
        if let Some(part) = line.part {
            let cost = measured.cost(part);
            object["ms"] = json!(millis(cost.time));
            object["runs"] = json!(cost.runs);
            object["rows"] = json!(cost.rows);
            object["held"] = json!(cost.held);
        }
        object
    });
    versioned(json!({
        "now": measured.now.to_string(),
        "changes": measured.changes,
        "workers": measured.workers,
        "ms": millis(measured.took),
        "facts_ms": millis(measured.profile.facts),
        "rules": rules.collect::<Json>(),
        "operators": lines.collect::<Json>(),
    }))
}

/// Milliseconds, to the microsecond.
fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}
