//! All relations from nothing: stratum by stratum, every rule again until nothing is new.

use std::collections::{BTreeMap, BTreeSet};

use owed::model::{NoValue, RelationId, RelationKind, Row, Timestamp, Value};
use owed::program::{HeadTerm, Literal, Program, Rule};

use super::Facts;
use super::rule::derive;

/// Every relation's rows.
pub type Database = BTreeMap<RelationId, BTreeSet<Row>>;

/// What a program means for some facts at some moment.
#[derive(Clone, Debug)]
pub struct Model {
    pub relations: Database,
    /// Rules (by place) whose head had no value for a row that the whole body matched.
    pub errors: BTreeSet<(usize, NoValue)>,
}

/// What the program means for these facts at this moment. `rule_error` is left empty.
pub fn evaluate(program: &Program, facts: &Facts, now: Timestamp) -> Model {
    let mut relations = Database::new();
    for relation in program.schema.relations() {
        let rows = match relation.kind {
            RelationKind::Input | RelationKind::Observe => {
                facts.rows(relation.id).cloned().collect()
            }
            RelationKind::Derived | RelationKind::Builtin => BTreeSet::new(),
        };
        relations.insert(relation.id, rows);
    }
    let today = vec![Value::Date(now.date(&program.zone))];
    relations.insert(program.builtins.today, BTreeSet::from([today]));

    let mut model = Model { relations, errors: BTreeSet::new() };
    for stratum in strata(program) {
        fixpoint(program, &stratum, now, &mut model);
    }
    model
}

/// Runs the rules until they derive nothing new. A rule waits until something it reads changes.
fn fixpoint(program: &Program, stratum: &[usize], now: Timestamp, model: &mut Model) {
    let mut due: BTreeSet<usize> = stratum.iter().copied().collect();
    while let Some(place) = due.pop_first() {
        let rule = &program.rules[place];
        let derived = derive(program, rule, now, &model.relations);
        model.errors.extend(derived.errors.into_iter().map(|error| (place, error)));
        let rows = model.relations.get_mut(&rule.head.relation).expect("every relation is there");
        let before = rows.len();
        rows.extend(derived.rows);
        if rows.len() > before {
            let reads = |at: &&usize| reads(&program.rules[**at]).any(|r| r == rule.head.relation);
            due.extend(stratum.iter().filter(reads));
        }
    }
}

/// The rules, by place, in groups: each after all that it negates or aggregates over.
fn strata(program: &Program) -> Vec<Vec<usize>> {
    let mut level: BTreeMap<RelationId, usize> =
        program.schema.relations().iter().map(|relation| (relation.id, 0)).collect();
    let mut changed = true;
    while changed {
        changed = false;
        for rule in &program.rules {
            for literal in &rule.body {
                let Literal::Atom(atom) = literal else { continue };
                let above = usize::from(atom.negated || is_aggregate(rule));
                let least = level[&atom.relation] + above;
                assert!(least <= program.schema.relations().len(), "a cycle through negation");
                if level[&rule.head.relation] < least {
                    level.insert(rule.head.relation, least);
                    changed = true;
                }
            }
        }
    }
    let mut strata = vec![Vec::new(); level.values().max().map_or(0, |top| top + 1)];
    for (place, rule) in program.rules.iter().enumerate() {
        strata[level[&rule.head.relation]].push(place);
    }
    strata
}

fn reads(rule: &Rule) -> impl Iterator<Item = RelationId> {
    rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom(atom) => Some(atom.relation),
        Literal::Assign { .. }
        | Literal::Test { .. }
        | Literal::Range(_)
        | Literal::Clock { .. } => None,
    })
}

/// Whether the rule's head has an aggregate.
pub(super) fn is_aggregate(rule: &Rule) -> bool {
    rule.head.terms.iter().any(|term| matches!(term, HeadTerm::Aggregate(_)))
}
