//! What may stand in the two relations of a goal that people and programs write. A slip of the
//! pen there would start an action twice, or settle what nobody accepted.

use super::mistake::nearest;
use super::{Mistake, ReportedOutcome, cell};
use crate::model::{Relation, Value};

/// How an attempt may go.
const OUTCOMES: [&str; 5] = ["running", "succeeded", "failed", "gone", "unknown"];

/// Holds a row that is inserted into a relation of that name behind a goal's, such as `attempt`,
/// to what it may say.
///
/// # Errors
/// If the outcome of an attempt is none, or a waiver has no reason.
pub(super) fn check(name: &str, relation: &Relation, row: &[Value]) -> Result<(), Mistake> {
    let text = |column: &str| match relation.column(column).map(|at| &row[at]) {
        Some(Value::Text(text)) => Some(&**text),
        _ => None,
    };
    match name {
        "attempt" => text("outcome").map_or(Ok(()), check_outcome),
        "waiver" => text("reason").map_or(Ok(()), check_reason),
        _ => Ok(()),
    }
}

fn check_outcome(outcome: &str) -> Result<(), Mistake> {
    match OUTCOMES.contains(&outcome) {
        true => Ok(()),
        false => Err(not_among(outcome, OUTCOMES, "is no outcome of an attempt")),
    }
}

/// The mistake that an outcome is which nobody but the server says.
pub(super) fn not_reported(outcome: &str) -> Mistake {
    let names = ReportedOutcome::ALL.map(ReportedOutcome::name);
    not_among(outcome, names, "is not how an attempt is reported")
}

fn not_among<const N: usize>(outcome: &str, names: [&str; N], reason: &str) -> Mistake {
    let shown = cell::shortened(&Value::text(outcome).to_string());
    let (last, others) = names.split_last().expect("there are outcomes");
    let expected = format!("expected {} or {last}", others.join(", "));
    let hint = match nearest(outcome, names.into_iter()) {
        Some(nearest) => format!("{expected}; {nearest}"),
        None => expected,
    };
    Mistake::new(format!("{shown} {reason}")).of_column("outcome").hint(hint)
}

fn check_reason(reason: &str) -> Result<(), Mistake> {
    match reason.trim().is_empty() {
        true => Err(Mistake::new("a waiver without a reason")
            .of_column("reason")
            .hint("expected why it is accepted that this one is missing")),
        false => Ok(()),
    }
}
