//! A program at work, with facts that wait to be applied.

use std::path::Path;

use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{Change, Date, Schema, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};

use super::callgrind::counted;

pub struct Subject {
    engine: Engine,
    schema: Schema,
    now: Timestamp,
    waiting: Vec<Change>,
    /// Rows that changed so far: what a program did can be seen in it.
    changed: usize,
}

impl Subject {
    /// A program without facts, and what is to be watched of it: relations, or the states of goals.
    pub fn new(rules: &str, watched: impl IntoIterator<Item = String>) -> Subject {
        let rules = rules.to_string();
        let compiled = compile(Path::new("counted.rules"), &mut |_| Ok(rules.clone().into()));
        let program = compiled.program.expect("the bench's rules are right");
        let find = |name: String| program.schema.find(&name).expect("a relation").id;
        let watched = watched.into_iter().map(find).collect();
        let engine = Engine::new(plan(&program, &Demand { watched, readable: Vec::new() }), 1);
        let now = Timestamp::parse("2036-01-01T00:00Z").expect("a time");
        Subject { engine, schema: program.schema, now, waiting: Vec::new(), changed: 0 }
    }

    /// A fact that comes with the next transaction.
    pub fn insert(&mut self, relation: &str, row: Vec<Value>) {
        let relation = self.schema.find(relation).expect("a relation of the rules").id;
        self.waiting.push(Change::Insert { relation, row });
    }

    /// A fact that goes with the next transaction.
    pub fn delete(&mut self, relation: &str, row: Vec<Value>) {
        let relation = self.schema.find(relation).expect("a relation of the rules").id;
        let pattern = row.into_iter().map(Some).collect();
        self.waiting.push(Change::Delete { relation, pattern });
    }

    /// What waits, to be applied as one transaction.
    pub fn take(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.waiting)
    }

    /// Applies transactions, and counts what that takes as a part of the program.
    pub fn count(&mut self, part: &str, transactions: Vec<Vec<Change>>) {
        let before = self.changed;
        let mut transactions = transactions.into_iter();
        counted(part, &mut || {
            for changes in transactions.by_ref() {
                let transaction = Transaction { now: self.now, changes };
                let delta = self.engine.apply(transaction).expect("the bench's changes fit");
                let rows = delta.relations.iter().map(|r| r.inserted.len() + r.deleted.len());
                self.changed += rows.sum::<usize>();
            }
        });
        assert!(self.changed > before, "{part} changes something");
        println!("{part}");
    }
}

pub fn ints(numbers: &[u32]) -> Vec<Value> {
    numbers.iter().map(|number| Value::Int(i64::from(*number))).collect()
}

pub fn campaign(number: u32) -> Value {
    Value::text(number.to_string())
}

pub fn day(number: u32) -> Value {
    // 2030-01-01 and on.
    Value::Date(Date::from_days(21_915 + i64::from(number)).expect("in range"))
}
