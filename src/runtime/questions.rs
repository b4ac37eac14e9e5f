//! What people ask of a server: why, which, and what ever happened.

use serde_json::{Map, Value as Json, json};

use super::counts::{CountedGoal, number_of};
use super::machine::Machine;
use super::status::source_statuses;
use crate::engine::Engine;
use crate::feed::{json_row, json_value, nearest, parse_pattern};
use crate::model::{Relation, RelationId, Row, Timestamp, Value};
use crate::program::Program;
use crate::reconcile::{InstanceView, Obstacle};
use crate::store::{Entry, Query, Reader, StoreError, Touch};
use crate::why::{
    InFlight, Instance, Limits, Live, World, explain, explanation_json, find_roots, roots_json,
    write_explanation, write_roots,
};

/// An answer for people, and the same for programs.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub text: String,
    pub json: Json,
}

/// Instances that somebody described.
#[derive(Clone, Debug, PartialEq)]
pub struct Instances {
    /// The goal's own relation.
    pub goal: RelationId,
    pub name: String,
    pub pattern: Vec<Option<Value>>,
}

impl Instances {
    /// Reads `csv("501", _)`, or a goal's name for all of them.
    ///
    /// # Errors
    /// If there is no such goal, or these are no values for its parameters.
    pub fn parse(program: &Program, text: &str) -> Result<Instances, String> {
        let name = text.split('(').next().unwrap_or_default().trim();
        let goal = program.goals.iter().find(|goal| goal.name == name);
        let Some(goal) = goal else {
            let names = program.goals.iter().map(|goal| goal.name.as_str());
            let hint = nearest(name, names).map(|hint| format!("; {hint}")).unwrap_or_default();
            return Err(format!("there is no goal \"{name}\"{hint}"));
        };
        let own = program.schema.find(&goal.name).expect("a goal has a relation");
        let pattern = match text.contains('(') {
            true => parse_pattern(text, own).map_err(|mistake| mistake.to_string())?,
            false => vec![None; own.columns.len()],
        };
        Ok(Instances { goal: own.id, name: goal.name.clone(), pattern })
    }

    /// The one instance that it describes, if it is one.
    pub fn one(&self) -> Option<Row> {
        self.pattern.iter().cloned().collect()
    }
}

/// Explains an instance, or what keeps all that is missing; `limit` is how much is shown.
///
/// # Errors
/// If there is no such instance.
pub fn why(machine: &mut Machine, text: Option<&str>, limit: usize) -> Result<Answer, String> {
    let program = machine.program.clone();
    let instance = match text {
        Some(text) => {
            let parsed = Instance::parse(&program, text);
            Some(parsed.map_err(|mistake| format!("'{text}': {mistake}"))?)
        }
        None => None,
    };
    let (engine, reconciler, now) = (&mut machine.engine, &machine.reconciler, machine.now);
    let rows = &mut |relation: RelationId, prefix: &[Value]| engine.rows(relation, prefix);
    let look_failure = |goal: &str, row: &[Value]| {
        reconciler.instance(goal, row, now).and_then(|view| view.look_failure)
    };
    let ask = &mut |goal: &str, row: &Row| {
        let view = reconciler.instance(goal, row, now)?;
        Some(live(goal, view, look_failure))
    };
    let world = World { program: &program, now, rows, live: ask };
    let mut answer = match &instance {
        Some(instance) => {
            let explanation = explain(world, instance, Limits { instances: limit });
            let json = explanation_json(&explanation, &program);
            Answer { text: write_explanation(&explanation), json }
        }
        None => {
            let roots = find_roots(world);
            Answer { text: write_roots(&roots, limit), json: roots_json(&roots, &program) }
        }
    };
    add_sources(machine, text, &mut answer);
    Ok(answer)
}

/// Adds what is wrong with the sources behind a goal, or with any.
fn add_sources(machine: &Machine, text: Option<&str>, answer: &mut Answer) {
    let goal = text.and_then(|text| text.split('(').next()).map(str::trim);
    let mut sources = source_statuses(machine, goal);
    sources.retain(|source| source.error.is_some() || source.at.is_none());
    if sources.is_empty() {
        return;
    }
    answer.text.push('\n');
    for source in &sources {
        let rows = match &source.at {
            Some(at) => format!("its rows are of {at}"),
            None => "it has not been read yet".to_string(),
        };
        let error = source.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        answer.text.push_str(&format!("source of {}: {rows}{error}\n", source.relation));
    }
    if let Json::Object(object) = &mut answer.json {
        object.insert("sources".into(), json!(sources));
    }
}

fn live(
    goal: &str,
    view: InstanceView,
    look_failure: impl Fn(&str, &[Value]) -> Option<String>,
) -> Live {
    let unseen = match &view.obstacle {
        Some(Obstacle::NotLookedAt) => view.look_failure.clone().map(|why| (goal, why)),
        Some(Obstacle::NeedNotLookedAt(need, key)) => {
            look_failure(need, key).map(|why| (need.as_str(), why))
        }
        _ => None,
    };
    let (obstacle, next_try) = match (unseen, &view.obstacle) {
        (Some((goal, why)), _) => (Some(format!("the check of {goal} fails: {why}")), None),
        (None, Some(obstacle)) => words(goal, obstacle),
        (None, None) => (None, None),
    };
    Live {
        looked: view.looked,
        look_failure: view.look_failure,
        looking_since: view.looking,
        next_look: view.next_look,
        in_flight: view.acting.map(|(since, until)| InFlight { since, until, pid: None }),
        next_try,
        obstacle,
    }
}

fn words(goal: &str, obstacle: &Obstacle) -> (Option<String>, Option<Timestamp>) {
    match obstacle {
        Obstacle::ObserveOnly => (Some("the server only observes".to_string()), None),
        Obstacle::NotLookedAt => {
            (Some("it was not looked at yet since it became ready".to_string()), None)
        }
        Obstacle::NeedNotLookedAt(..) => {
            (Some("what it needs was not looked at yet since it became ready".to_string()), None)
        }
        Obstacle::Jitter(until) => (None, Some(*until)),
        Obstacle::AllPaused => (Some("everything is paused".to_string()), None),
        Obstacle::GoalPaused => (Some(format!("goal {goal} is paused")), None),
        Obstacle::PoolPaused(pool) => (Some(format!("pool {pool} is paused")), None),
        Obstacle::PoolFull(pool) => (Some(format!("pool {pool} is full")), None),
        Obstacle::PoolRate(pool, until) => {
            (Some(format!("pool {pool} keeps to its rate")), Some(*until))
        }
        Obstacle::PoolTripped { pool, failures, failure, next_probe } => {
            let text = format!("pool {pool} is tripped, {failures} failures in a row: {failure}");
            (Some(text), *next_probe)
        }
    }
}

/// The relation of that name.
///
/// # Errors
/// If there is none, with the nearest name.
pub fn find_relation<'p>(program: &'p Program, name: &str) -> Result<&'p Relation, String> {
    program.schema.find(name).ok_or_else(|| {
        let names = program.schema.relations().iter().map(|relation| relation.name.as_str());
        let hint = nearest(name, names).map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("there is no relation \"{name}\"{hint}")
    })
}

/// How the instances stand that somebody waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub expected: usize,
    pub missing: usize,
    pub gone: usize,
}

/// Counts the instances.
pub fn standing(machine: &mut Machine, instances: &Instances) -> Standing {
    if instances.pattern.iter().all(Option::is_none) {
        let counts = machine.prelude.counted.iter().find(|counts| counts.goal == instances.name);
        return total_standing(&mut machine.engine, counts.expect("every goal is counted"));
    }
    let mut count = |state: &str| {
        let relation = machine.program.schema.find(&format!("{}.{state}", instances.name));
        let Some(relation) = relation.map(|relation| relation.id) else { return 0 };
        machine.engine.matching(relation, &instances.pattern).len()
    };
    Standing { expected: count("expected"), missing: count("missing"), gone: count("gone") }
}

/// How all instances of a goal stand, by what is counted all the time.
fn total_standing(engine: &mut Engine, counts: &CountedGoal) -> Standing {
    let number = |row: &Row| usize::try_from(number_of(row)).expect("nothing is counted below 0");
    let missing = engine.rows(counts.missing, &[]).first().map_or(0, number);
    let states = engine.rows(counts.states, &[]);
    let gone = states.iter().filter(|row| row[0] == Value::text("gone"));
    Standing { expected: states.iter().map(number).sum(), missing, gone: gone.map(number).sum() }
}

/// Everything that ever happened to one instance.
#[derive(Clone, Debug)]
pub struct Past {
    /// Oldest first.
    pub entries: Vec<Json>,
    /// Nothing is known of what was before.
    pub since: Option<Timestamp>,
}

/// Everything that ever happened to one instance, as far as it is kept: its attempts, waivers, and
/// the facts that its `ok` rests on.
///
/// # Errors
/// If it is not one instance, or the store cannot be read.
pub fn history(
    folder: &std::path::Path,
    program: &Program,
    text: &str,
    limit: usize,
) -> Result<Past, String> {
    let instances = Instances::parse(program, text)?;
    let Some(row) = instances.one() else {
        return Err("the history is of one instance, and `_` is none".to_string());
    };
    let goal = program.goals.iter().find(|goal| goal.name == instances.name).expect("it was found");
    let own = goal.parameters.iter().zip(&row);
    let values: Vec<(String, Value)> =
        own.map(|(column, value)| (column.name.clone(), value.clone())).collect();
    let mut touching: Vec<Touch> = ["", ".attempt", ".waiver"]
        .iter()
        .map(|suffix| Touch { relation: format!("{}{suffix}", goal.name), values: values.clone() })
        .collect();
    for witness in super::silence::witnesses(goal, program) {
        let relation = program.schema.relation(witness.relation);
        let columns = relation.columns.iter().zip(witness.pattern(&row));
        let values =
            columns.filter_map(|(column, value)| Some((column.name.clone(), value?))).collect();
        touching.push(Touch { relation: relation.name.clone(), values });
    }
    let query = Query { touching, limit: Some(limit), ..Query::default() };
    let read = || -> Result<(Vec<Entry>, Option<Timestamp>), StoreError> {
        let reader = Reader::open(folder)?;
        Ok((reader.history(&query)?, reader.kept_since()?))
    };
    let (entries, since) = read().map_err(|error| error.to_string())?;
    Ok(Past { entries: entries.iter().map(entry_json).collect(), since })
}

fn entry_json(entry: &Entry) -> Json {
    let mut changes = Vec::new();
    for change in &entry.changes {
        let row = |row: &Row| -> Json {
            let cells = change.columns.iter().zip(row);
            let cells = cells.map(|(column, value)| (column.name.clone(), json_value(value)));
            Json::Object(cells.collect::<Map<String, Json>>())
        };
        let deleted = change.deleted.iter().map(|one| {
            json!({
                "delete": change.relation, "row": row(one), "text": fact(&change.relation, one),
            })
        });
        changes.extend(deleted);
        let inserted = change.inserted.iter().map(|one| {
            json!({
                "insert": change.relation, "row": row(one), "text": fact(&change.relation, one),
            })
        });
        changes.extend(inserted);
    }
    json!({
        "tx": entry.number,
        "at": entry.moment.to_string(),
        "who": entry.author.to_string(),
        "changes": changes,
    })
}

fn fact(relation: &str, row: &[Value]) -> String {
    super::work::instance(relation, row)
}

/// A fact as text and as JSON.
pub fn fact_json(relation: &Relation, row: &[Value]) -> Json {
    json!({ "row": json_row(relation, row), "text": fact(&relation.name, row) })
}
