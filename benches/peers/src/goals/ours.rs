//! The chain as goals.

use std::fmt::Write;

use owed::engine::Engine;
use owed::model::{Change, RelationId, Timestamp, Transaction, Value};

use super::{Chain, Changes, pair};
use crate::ours::{fact, program, watching};

pub struct Ours {
    engine: Engine,
    now: Timestamp,
    wanted: RelationId,
    there: Vec<RelationId>,
    outputs: Vec<RelationId>,
}

impl Ours {
    pub fn new(goals: usize) -> Ours {
        let program = program(&rules(goals));
        let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
        let there = (0..goals).map(|goal| find(&format!("there{goal}"))).collect();
        let outputs: Vec<RelationId> = (0..goals)
            .flat_map(|goal| [find(&format!("g{goal}.missing")), find(&format!("g{goal}.ready"))])
            .collect();
        let engine = Engine::new(watching(&program, &outputs), 1);
        let now = Timestamp::parse("2036-01-01T00:00Z").expect("a time");
        Ours { engine, now, wanted: find("wanted"), there, outputs }
    }

    fn apply(&mut self, changes: Vec<Change>) -> Changes {
        let transaction = Transaction { now: self.now, changes };
        let delta = self.engine.apply(transaction).expect("the changes fit the relations");
        let mut changes = Changes::new();
        for relation in delta.relations {
            let output = self.outputs.iter().position(|output| *output == relation.relation);
            let output = output.expect("only what is watched is told");
            changes.extend(relation.inserted.iter().map(|row| (output, fact(row), 1)));
            changes.extend(relation.deleted.iter().map(|row| (output, fact(row), -1)));
        }
        changes
    }
}

impl Chain for Ours {
    fn load(&mut self, instances: i32) -> Changes {
        let insert = |relation: RelationId, instance: i32| Change::Insert {
            relation,
            row: pair(instance).map(|word| Value::Int(i64::from(word))).to_vec(),
        };
        let relations = self.there.iter().chain([&self.wanted]);
        let changes = relations
            .flat_map(|relation| (0..instances).map(|instance| insert(*relation, instance)))
            .collect();
        self.apply(changes)
    }

    fn change(&mut self, goal: usize, instance: i32, is_ok: bool) -> Changes {
        let relation = self.there[goal];
        let row = pair(instance).map(|word| Value::Int(i64::from(word)));
        self.apply(vec![match is_ok {
            true => Change::Insert { relation, row: row.to_vec() },
            false => Change::Delete { relation, pattern: row.map(Some).to_vec() },
        }])
    }

    fn nothing(&mut self) -> Changes {
        self.apply(Vec::new())
    }
}

fn rules(goals: usize) -> String {
    let mut rules = String::from("input wanted(a: int, b: int).\n");
    for goal in 0..goals {
        let expect = if goal == 0 { "expect :- wanted(a, b)." } else { "" };
        let needs = match goal + 1 < goals {
            true => format!("needs g{}(a, b).", goal + 1),
            false => String::new(),
        };
        write!(
            rules,
            "observe there{goal}(a: int, b: int).\n\
             goal g{goal}(a: int, b: int) {{\n    {expect}\n    ok :- there{goal}(a, b).\n    \
             {needs}\n    action \"make {{a}} {{b}}\" within 1h.\n}}\n"
        )
        .expect("a text takes all");
    }
    rules
}
