//! The job as its users write it: rules, compiled and run by the engine.

use std::path::Path;

use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{Change, Date, RelationId, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};

use super::job::{Job, Size, has_file, is_done};

pub struct Ours {
    engine: Engine,
    now: Timestamp,
    relations: Relations,
}

struct Relations {
    campaign: RelationId,
    wanted: RelationId,
    csv_file: RelationId,
    results_rows: RelationId,
    dependency_ready: RelationId,
}

/// Facts of one transaction while loading.
const CHUNK: usize = 500_000;

impl Ours {
    pub fn new(workers: usize) -> Ours {
        let rules = include_str!("campaigns.rules").to_string();
        let compiled = compile(Path::new("campaigns.rules"), &mut |_| Ok(rules.clone().into()));
        let program = compiled.program.expect("the bench's rules are right");
        let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
        let watched = ["results", "csv", "dependency"]
            .into_iter()
            .flat_map(|goal| [format!("{goal}.missing"), format!("{goal}.ready")])
            .map(|name| find(&name))
            .collect();
        let relations = Relations {
            campaign: find("campaign"),
            wanted: find("wanted"),
            csv_file: find("csv_file"),
            results_rows: find("results_rows"),
            dependency_ready: find("dependency_ready"),
        };
        let plan = plan(&program, &Demand { watched, readable: Vec::new() });
        let now = Timestamp::parse("2036-01-01T00:00Z").expect("a time");
        Ours { engine: Engine::new(plan, workers), now, relations }
    }

    pub fn updates(&self) -> f64 {
        self.engine.updates() as f64
    }

    fn apply(&mut self, changes: Vec<Change>) -> usize {
        let transaction = Transaction { now: self.now, changes };
        let delta = self.engine.apply(transaction).expect("the bench's changes fit");
        delta.relations.iter().map(|r| r.inserted.len() + r.deleted.len()).sum()
    }
}

impl Job for Ours {
    fn load_facts(&mut self, size: Size) {
        let mut changes = Vec::with_capacity(CHUNK + 2);
        for c in 0..size.campaigns {
            for d in 0..size.days {
                let row = || vec![campaign(c), day(d), Value::Int(1)];
                if is_done(c, d) {
                    changes.push(insert(self.relations.results_rows, row()));
                }
                if has_file(c, d) {
                    changes.push(insert(self.relations.csv_file, row()));
                }
                if changes.len() >= CHUNK {
                    self.apply(std::mem::take(&mut changes));
                }
            }
        }
        let ready = self.relations.dependency_ready;
        changes.extend((0..size.days).map(|d| insert(ready, vec![day(d)])));
        self.apply(changes);
    }

    fn expect(&mut self, size: Size) -> usize {
        let relation = self.relations.campaign;
        let mut changes: Vec<Change> =
            (0..size.campaigns).map(|c| insert(relation, vec![campaign(c)])).collect();
        changes.push(insert(self.relations.wanted, vec![day(0), day(size.days - 1)]));
        self.apply(changes)
    }

    fn change(&mut self, results: &[(u32, u32)], are_there: bool) -> usize {
        let relation = self.relations.results_rows;
        let rows = Value::Int(i64::from(are_there));
        let change =
            |(c, d): &(u32, u32)| insert(relation, vec![campaign(*c), day(*d), rows.clone()]);
        self.apply(results.iter().map(change).collect())
    }

    fn add_campaign(&mut self, c: u32) -> usize {
        self.apply(vec![insert(self.relations.campaign, vec![campaign(c)])])
    }

    fn grow_to(&mut self, days: u32) -> usize {
        self.apply(vec![insert(self.relations.wanted, vec![day(0), day(days - 1)])])
    }
}

fn insert(relation: RelationId, row: Vec<Value>) -> Change {
    Change::Insert { relation, row }
}

fn campaign(number: u32) -> Value {
    Value::text(number.to_string())
}

fn day(number: u32) -> Value {
    // 2030-01-01 and on.
    Value::Date(Date::from_days(21_915 + i64::from(number)).expect("in range"))
}
