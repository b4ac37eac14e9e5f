//! What a server adds to a program: pauses, the beginnings of episodes, what ready instances
//! need, and counts of states.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::counts::{CountedGoal, counted_goals, counting_rules, free_prefix};
use crate::compile::Loaded;
use crate::model::{Change, Goal, Relation, RelationId, RelationKind, Timestamp, Value};
use crate::plan::Demand;
use crate::program::Program;
use crate::reconcile::{GoalSpec, Mode, NeedSpec, Spec};

/// What a server knows of a program beside the program itself.
#[derive(Clone, Debug)]
pub struct Prelude {
    pub counted: Vec<CountedGoal>,
    /// what (`goal` or `pool`), name, since, who.
    pub paused: RelationId,
    /// relation, when its source was last noted to be read; only where there are sources.
    pub read: Option<RelationId>,
    /// For each goal that has an action and sources behind it, those that were never read.
    unread: Vec<RelationId>,
    pub spec: Spec,
    prefix: String,
}

/// Adds the server's statements to a program.
pub fn with_prelude(loaded: Loaded, mode: Mode) -> (Loaded, Prelude) {
    let prefix = free_prefix(&loaded.program);
    let mut text = counting_rules(&loaded.program, &prefix);
    let paused = "what: text, name: text, since: time, who: text";
    line(&mut text, format!("input {prefix}.paused({paused}) key (what, name)."));
    unread_sources(&loaded.program, &prefix, &mut text);
    for goal in &loaded.program.goals {
        episode(goal, &prefix, &mut text);
        needs(goal, &loaded.program, &prefix, &mut text);
    }
    let loaded = loaded.extend("the server's statements", &text);
    let prelude = Prelude::of(&loaded.program, prefix, mode);
    (loaded, prelude)
}

impl Prelude {
    fn of(program: &Program, prefix: String, mode: Mode) -> Prelude {
        let counted = counted_goals(program, &prefix);
        let paused = find(program, &format!("{prefix}.paused")).expect("declared above");
        let watched = program.goals.iter().filter(|goal| is_looked_after(goal));
        let names: Vec<&str> = watched.clone().map(|goal| goal.name.as_str()).collect();
        let goals = watched.map(|goal| goal_spec(goal, program, &prefix, &names)).collect();
        let spec = Spec { goals, pools: program.pools.clone(), paused, mode, seed: SEED };
        let read = find(program, &format!("{prefix}.read"));
        let unread = program.goals.iter();
        let unread =
            unread.filter_map(|goal| find(program, &format!("{prefix}.unread_{}", goal.name)));
        let unread = unread.collect();
        Prelude { counted, paused, read, unread, spec, prefix }
    }

    /// The note for later servers that a relation's source was read.
    pub(super) fn mark(&self, name: &str, at: Timestamp) -> Option<Change> {
        let row = vec![Value::text(name), Value::Time(at)];
        Some(Change::Insert { relation: self.read?, row })
    }

    /// What the names of the server's own relations begin with, before a dot.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Everything that somebody may want to see is kept up to date.
    pub(super) fn demand(&self, program: &Program) -> Demand {
        let relations = program.schema.relations().iter();
        let shown = relations.filter(|relation| !self.owns(&relation.name));
        let shown: Vec<RelationId> = shown.map(|relation| relation.id).collect();
        let mut watched = self.spec.watched();
        watched.extend(&shown);
        let mut readable = shown;
        readable.extend(self.counted.iter().flat_map(|counted| counted.relations()));
        readable.push(self.paused);
        // Who asks why something is held is told by which of them.
        readable.extend(&self.unread);
        Demand { watched, readable }
    }

    /// Whether a relation is the server's own, and not the program's.
    pub fn owns(&self, name: &str) -> bool {
        name.strip_prefix(&self.prefix).is_some_and(|rest| rest.starts_with('.'))
    }
}

fn line(text: &mut String, statement: String) {
    writeln!(text, "{statement}").expect("memory takes all");
}

/// What was never read is not empty: no action of a goal that depends on it is ready.
fn unread_sources(program: &Program, prefix: &str, text: &mut String) {
    if !program.schema.relations().iter().any(|relation| relation.source.is_some()) {
        return;
    }
    line(text, format!("observe {prefix}.read(relation: text, at: time) key (relation)."));
    for goal in program.goals.iter().filter(|goal| goal.action.is_some()) {
        let sources = sources_behind(goal, program);
        let names: Vec<&str> =
            sources.iter().map(|id| program.schema.relation(*id).name.as_str()).collect();
        let reason = match names.as_slice() {
            [] => continue,
            [one] => format!("the source of {one} has not been read yet"),
            all => format!("not all sources have been read yet: {}", all.join(", ")),
        };
        let name = &goal.name;
        for source in &names {
            line(text, format!("{prefix}.source_{name}(\"{source}\")."));
        }
        let (unread, source) =
            (format!("{prefix}.unread_{name}"), format!("{prefix}.source_{name}"));
        line(text, format!("{unread}(s) :- {source}(s), not {prefix}.read(s, _)."));
        line(text, format!("goal {name}() {{ hold \"{reason}\" :- {unread}(_). }}"));
    }
}

/// The relations with a source that decide, through any rules, what a goal's instances are and
/// how they stand.
pub fn sources_behind(goal: &Goal, program: &Program) -> Vec<RelationId> {
    let relations = program.schema.relations().iter();
    let own = relations.filter(|relation| is_of_goal(goal, relation));
    sources_read_by(own.map(|relation| relation.id), program, |_| true)
}

/// The relations with a source that say whether a goal's instances are ok: those that its `ok`
/// clauses read, themselves or through rules, but not through other goals.
fn sources_of_ok(goal: &Goal, program: &Program) -> Vec<RelationId> {
    let ok = find(program, &format!("{}.ok", goal.name));
    let is_plain =
        |relation: &Relation| !program.goals.iter().any(|goal| is_of_goal(goal, relation));
    let mut sources = sources_read_by(ok.into_iter(), program, is_plain);
    sources.retain(|id| program.schema.relation(*id).kind == RelationKind::Observe);
    sources
}

fn is_of_goal(goal: &Goal, relation: &Relation) -> bool {
    relation.name.strip_prefix(&*goal.name).is_some_and(|rest| rest.starts_with('.'))
}

/// The relations with a source that rules of these relations read, through any rules of others
/// that may be gone through.
fn sources_read_by(
    relations: impl Iterator<Item = RelationId>,
    program: &Program,
    is_way: impl Fn(&Relation) -> bool,
) -> Vec<RelationId> {
    let mut reads: BTreeMap<RelationId, Vec<RelationId>> = BTreeMap::new();
    for rule in &program.rules {
        reads.entry(rule.head.relation).or_default().extend(rule.relations());
    }
    let mut seen: BTreeSet<RelationId> = relations.collect();
    let mut open: Vec<RelationId> = seen.iter().copied().collect();
    while let Some(relation) = open.pop() {
        for read in reads.get(&relation).into_iter().flatten() {
            if is_way(program.schema.relation(*read)) && seen.insert(*read) {
                open.push(*read);
            }
        }
    }
    let has_source = |id: &RelationId| program.schema.relation(*id).source.is_some();
    seen.into_iter().filter(has_source).collect()
}

fn episode(goal: &Goal, prefix: &str, text: &mut String) {
    if goal.action.is_none() {
        return;
    }
    let columns = goal.parameters.iter().map(|column| format!("{}: {}, ", column.name, column.ty));
    let columns: String = columns.collect();
    let (name, key) = (&goal.name, parameters(goal).join(", "));
    line(text, format!("observe {prefix}.episode_{name}({columns}began: time) key ({key})."));
}

/// What a ready instance needs that can be looked at.
fn needs(goal: &Goal, program: &Program, prefix: &str, text: &mut String) {
    for (place, need) in needs_to_see(goal, program) {
        let own = parameters(goal).join(", ");
        let head: Vec<&str> =
            parameters(goal).into_iter().chain(need.arguments.iter().map(String::as_str)).collect();
        let mut body = vec![format!("{}.ready({own})", goal.name)];
        body.extend(need.body.iter().cloned());
        let head = head.join(", ");
        let rule = format!("{}({head}) :- {}.", need_name(prefix, goal, place), body.join(", "));
        line(text, rule);
    }
}

fn needs_to_see<'a>(
    goal: &'a Goal,
    program: &'a Program,
) -> impl Iterator<Item = (usize, &'a crate::model::Need)> {
    let is_acted_upon = goal.action.is_some();
    let has_check =
        |name: &str| program.goals.iter().any(|other| other.name == name && other.check.is_some());
    let needs = goal.needs.iter().enumerate();
    needs.filter(move |(_, need)| is_acted_upon && has_check(&need.goal))
}

fn need_name(prefix: &str, goal: &Goal, place: usize) -> String {
    format!("{prefix}.need_{}_{place}", goal.name)
}

fn parameters(goal: &Goal) -> Vec<&str> {
    goal.parameters.iter().map(|column| column.name.as_str()).collect()
}

fn is_looked_after(goal: &Goal) -> bool {
    goal.check.is_some() || goal.action.is_some()
}

fn goal_spec(goal: &Goal, program: &Program, prefix: &str, names: &[&str]) -> GoalSpec {
    let state = |state: &str| find(program, &format!("{}.{state}", goal.name));
    let needs = needs_to_see(goal, program).filter_map(|(place, need)| {
        let relation = find(program, &need_name(prefix, goal, place))?;
        let goal = names.iter().position(|name| *name == need.goal)?;
        Some(NeedSpec { relation, goal })
    });
    GoalSpec {
        expected: state("expected").expect("every goal has it"),
        missing: state("missing").expect("every goal has it"),
        ready: state("ready"),
        attempt: state("attempt").expect("every goal has it"),
        episode: find(program, &format!("{prefix}.episode_{}", goal.name)),
        needs: needs.collect(),
        sources: sources_of_ok(goal, program),
        goal: goal.clone(),
    }
}

fn find(program: &Program, name: &str) -> Option<RelationId> {
    program.schema.find(name).map(|relation| relation.id)
}

/// Where spread and jitter begin: the same in every run, so that a restart changes nothing.
const SEED: i64 = 0;
