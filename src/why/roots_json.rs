//! Root causes as JSON. Names may be added, never taken away.

use serde_json::{Map, Value as Json, json};

use super::cause::Cause;
use super::json::{Writer, moment};
use super::roots::{Counts, Root, Roots};
use crate::program::Program;

/// The roots as one object.
///
/// # Panics
/// If they are not of this program.
pub fn roots_json(roots: &Roots, program: &Program) -> Json {
    let writer = Writer { program };
    let all: Vec<Json> = roots.roots.iter().map(|one| root(one, &writer)).collect();
    json!({ "now": moment(roots.now), "missing": counts(&roots.missing), "roots": all })
}

fn root(root: &Root, writer: &Writer<'_>) -> Json {
    let (kind, texts) = named(&root.cause);
    let mut object = Map::from_iter([("cause".into(), json!(kind))]);
    for (name, text) in texts {
        object.insert(name.into(), json!(text));
    }
    if let Some((first, last)) = root.until {
        object.insert("until_first".into(), moment(first));
        object.insert("until_last".into(), moment(last));
    }
    object.insert("instances".into(), counts(&root.instances));
    object.insert("waiting".into(), counts(&root.waiting));
    let examples = root.examples.iter().map(|one| Json::Object(writer.instance(one)));
    object.insert("examples".into(), examples.collect());
    Json::Object(object)
}

fn counts(counts: &Counts) -> Json {
    let counts = counts.iter().map(|(goal, number)| (goal.clone(), json!(number)));
    Json::Object(counts.collect())
}

/// The kind of a cause, and what it says more.
fn named(cause: &Cause) -> (&'static str, Vec<(&'static str, &str)>) {
    match cause {
        Cause::Gone { reason } => ("gone", vec![("reason", reason)]),
        Cause::Stuck { message } => ("stuck", vec![("message", message)]),
        Cause::Obstacle { what } => ("obstacle", vec![("what", what)]),
        Cause::Cycle => ("cycle", vec![]),
        Cause::Held { reason } => ("held", vec![("reason", reason)]),
        Cause::Resting { message } => ("resting", vec![("message", message)]),
        Cause::World { goal, look_failure: None } => ("world", vec![("goal", goal)]),
        Cause::World { goal, look_failure: Some(failure) } => {
            ("world", vec![("goal", goal), ("look_failure", failure)])
        }
        Cause::Ready => ("ready", vec![]),
        Cause::Working { by: None } => ("working", vec![]),
        Cause::Working { by: Some(by) } => ("working", vec![("by", by)]),
        Cause::Other => ("other", vec![]),
    }
}
