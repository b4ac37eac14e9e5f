//! How many instances of each goal are in each state, counted by rules of our own: so that the
//! engine keeps a few sums up to date, and millions of states need not be read.

use std::fmt::Write;

use crate::model::{RelationId, Value};
use crate::program::Program;

/// The relations that count one goal's instances.
#[derive(Clone, Debug)]
pub struct CountedGoal {
    pub goal: String,
    /// state, number of instances.
    pub states: RelationId,
    /// The number of missing instances, one row or none.
    pub missing: RelationId,
    /// The number of late instances, one row or none, where anything can be late.
    pub late: Option<RelationId>,
}

impl CountedGoal {
    /// Everything that has to be readable.
    pub fn relations(&self) -> impl Iterator<Item = RelationId> {
        [self.states, self.missing].into_iter().chain(self.late)
    }
}

/// The number in the last column of a row.
pub fn number_of(row: &[Value]) -> i64 {
    match row.last() {
        Some(Value::Int(number)) => *number,
        other => unreachable!("a count is an int, not {other:?}"),
    }
}

/// The rules that count, under names that begin with a prefix.
pub fn counting_rules(program: &Program, prefix: &str) -> String {
    let mut text = String::new();
    for goal in &program.goals {
        let name = &goal.name;
        let wild = vec!["_"; goal.parameters.len()];
        let instance = wild.join(", ");
        let state: String = wild.iter().map(|_| "_, ").chain(["state"]).collect();
        let mut rule = |rule: String| writeln!(text, "{rule}").expect("memory takes all");
        rule(format!("{prefix}.states_{name}(state, count()) :- {name}.state({state})."));
        rule(format!("{prefix}.missing_{name}(count()) :- {name}.missing({instance})."));
        if program.schema.find(&format!("{name}.late")).is_some() {
            rule(format!("{prefix}.late_{name}(count()) :- {name}.late({instance})."));
        }
    }
    text
}

/// What counts the goals of a program that has the rules.
pub fn counted_goals(program: &Program, prefix: &str) -> Vec<CountedGoal> {
    let find = |name: String| program.schema.find(&name).map(|relation| relation.id);
    let counted = program.goals.iter().map(|goal| CountedGoal {
        goal: goal.name.clone(),
        states: find(format!("{prefix}.states_{}", goal.name)).expect("the rules define it"),
        missing: find(format!("{prefix}.missing_{}", goal.name)).expect("the rules define it"),
        late: find(format!("{prefix}.late_{}", goal.name)),
    });
    counted.collect()
}

/// A prefix for names that the program does not use.
pub fn free_prefix(program: &Program) -> String {
    let is_taken = |prefix: &str| {
        program.schema.relations().iter().any(|relation| {
            relation.name == prefix || relation.name.starts_with(&format!("{prefix}."))
        })
    };
    let mut prefix = "owed".to_string();
    while is_taken(&prefix) {
        prefix.push('_');
    }
    prefix
}
