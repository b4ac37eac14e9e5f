//! How many instances of each goal are in each state, counted by rules of our own: so that the
//! engine keeps a few sums up to date, and millions of states need not be read.

use std::fmt::Write;

use super::failure::Failure;
use super::load::Loaded;
use crate::model::{RelationId, Value};
use crate::program::{Program, check};
use crate::syntax::parse;

/// The relations that count one goal's instances.
#[derive(Clone, Debug)]
pub(super) struct CountedGoal {
    pub(super) goal: String,
    /// state, number of instances.
    pub(super) states: RelationId,
    /// The number of missing instances, one row or none.
    pub(super) missing: RelationId,
    /// The number of late instances, one row or none, where anything can be late.
    pub(super) late: Option<RelationId>,
}

/// Adds the rules that count to a program.
pub(super) fn add_counts(mut loaded: Loaded) -> Result<(Loaded, Vec<CountedGoal>), Failure> {
    let prefix = free_prefix(&loaded.program);
    let text = counting_rules(&loaded.program, &prefix);
    let file = loaded.sources.add("counting rules", text.clone());
    let (parsed, mistakes) = parse(&text, file);
    assert!(mistakes.is_empty(), "our own rules parse: {mistakes:?}");
    loaded.file.statements.extend(parsed.statements);
    let (program, diagnostics) = check(&loaded.file, &loaded.sources);
    let program = program.unwrap_or_else(|| panic!("our own rules are right: {diagnostics:?}"));
    let find = |name: String| program.schema.find(&name).map(|relation| relation.id);
    let counted = program.goals.iter().map(|goal| CountedGoal {
        goal: goal.name.clone(),
        states: find(format!("{prefix}.states_{}", goal.name)).expect("defined above"),
        missing: find(format!("{prefix}.missing_{}", goal.name)).expect("defined above"),
        late: find(format!("{prefix}.late_{}", goal.name)),
    });
    let counted = counted.collect();
    Ok((Loaded { program, ..loaded }, counted))
}

impl CountedGoal {
    /// Everything that has to be readable.
    pub(super) fn relations(&self) -> impl Iterator<Item = RelationId> {
        [self.states, self.missing].into_iter().chain(self.late)
    }
}

/// The number in the last column of a row.
pub(super) fn number_of(row: &[Value]) -> i64 {
    match row.last() {
        Some(Value::Int(number)) => *number,
        other => unreachable!("a count is an int, not {other:?}"),
    }
}

fn counting_rules(program: &Program, prefix: &str) -> String {
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

/// A prefix for names that the program does not use.
fn free_prefix(program: &Program) -> String {
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
