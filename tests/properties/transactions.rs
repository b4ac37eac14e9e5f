//! Random transactions over the facts there are: new ones, known ones, other ones of a known
//! key, deletions of one and of many, and the clock.

use fastrand::Rng;
use owed::model::{Change, Relation, Row, Schema, Timestamp, Value};

use super::naive::Facts;
use super::values::{chance, choose, value};

/// Changes by the relations' names, which outlive a change of the program.
#[derive(Clone, Debug)]
pub struct Step {
    pub clock: Clock,
    pub changes: Vec<(String, Edit)>,
}

#[derive(Clone, Debug)]
pub enum Edit {
    Insert(Row),
    Delete(Vec<Option<Value>>),
}

/// How the clock moves before a transaction.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    At(Timestamp),
    /// Forward by so many microseconds.
    By(i64),
    /// To the engine's alarm, if there is one, and so many microseconds from it.
    Alarm(i64),
}

/// A first load, then small changes.
pub fn steps(random: &mut Rng, schema: &Schema, start: Timestamp) -> Vec<Step> {
    let mut facts = Facts::default();
    let given: Vec<&Relation> =
        schema.relations().iter().filter(|r| r.is_written_by_feeds()).collect();
    let mut steps = Vec::new();
    let count = random.usize(3..9);
    for place in 0..count {
        let mut changes = Vec::new();
        if place == 0 {
            for relation in &given {
                for _ in 0..random.usize(..9) {
                    changes.push((relation.name.clone(), Edit::Insert(row(random, relation))));
                }
            }
        } else if !given.is_empty() && !chance(random, 15) {
            for _ in 0..random.usize(1..5) {
                let relation = choose(random, &given);
                changes.push((relation.name.clone(), edit(random, relation, &facts)));
            }
        }
        let clock = if place == 0 { Clock::At(start) } else { clock(random) };
        let step = Step { clock, changes };
        facts.apply(&step.resolve(schema), schema);
        steps.push(step);
    }
    steps
}

impl Step {
    /// The changes to relations that the schema has, in that form.
    pub fn resolve(&self, schema: &Schema) -> Vec<Change> {
        let mut changes = Vec::new();
        for (name, edit) in &self.changes {
            let Some(relation) = schema.find(name).filter(|r| r.is_written_by_feeds()) else {
                continue;
            };
            let relation = relation.id;
            changes.push(match edit.clone() {
                Edit::Insert(row) => Change::Insert { relation, row },
                Edit::Delete(pattern) => Change::Delete { relation, pattern },
            });
        }
        changes
    }
}

fn edit(random: &mut Rng, relation: &Relation, facts: &Facts) -> Edit {
    let known: Vec<&Row> = facts.rows(relation.id).collect();
    if known.is_empty() {
        return Edit::Insert(row(random, relation));
    }
    let mut known = (*choose(random, &known)).clone();
    match random.u8(..10) {
        0..4 => Edit::Insert(row(random, relation)),
        4 => Edit::Insert(known),
        5 | 6 => {
            // Another one that shares most of its columns, perhaps its key.
            if let Some(at) = (!known.is_empty()).then(|| random.usize(..known.len())) {
                known[at] = row(random, relation)[at].clone();
            }
            Edit::Insert(known)
        }
        7 => Edit::Delete(known.into_iter().map(Some).collect()),
        8 => Edit::Delete(row(random, relation).into_iter().map(Some).collect()),
        _ => {
            let wild = |value| (!chance(random, 50)).then_some(value);
            Edit::Delete(known.into_iter().map(wild).collect())
        }
    }
}

fn row(random: &mut Rng, relation: &Relation) -> Row {
    let attempt = relation.name.ends_with(".attempt");
    let of = |column: &owed::model::Column| match column.name.as_str() {
        "outcome" if attempt => {
            const OUTCOMES: [&str; 5] = ["running", "succeeded", "failed", "gone", "unknown"];
            Value::text(*choose(random, &OUTCOMES))
        }
        "number" if attempt => Value::Int(random.i64(1..5)),
        _ => value(random, column.ty),
    };
    relation.columns.iter().map(of).collect()
}

fn clock(random: &mut Rng) -> Clock {
    const MINUTE: i64 = 60_000_000;
    match random.u8(..10) {
        0..3 => Clock::By(0),
        3 => Clock::By(random.i64(0..3 * MINUTE)),
        4 | 5 => Clock::By(random.i64(0..10) * 30 * MINUTE),
        6 => Clock::By(random.i64(1..3) * 24 * 60 * MINUTE),
        7 => Clock::Alarm(-1),
        _ => Clock::Alarm(0),
    }
}

/// The text of a row or pattern, as the feed has it.
pub fn show(name: &str, edit: &Edit) -> String {
    let (sign, terms): (char, Vec<String>) = match edit {
        Edit::Insert(row) => ('+', row.iter().map(Value::to_string).collect()),
        Edit::Delete(pattern) => {
            let term = |v: &Option<Value>| v.as_ref().map_or("_".to_owned(), Value::to_string);
            ('-', pattern.iter().map(term).collect())
        }
    };
    format!("{sign}{name}({})", terms.join(", "))
}
