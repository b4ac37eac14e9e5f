//! The shared programs as our users write them: rules, compiled and run by the engine.

use std::path::Path;

use harness::{Change, Fact, Peer, Totals, Workload};
use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{self, Delta, RelationId, Revision, Timestamp, Transaction, Value};
use owed::plan::{Demand, Plan, plan};
use owed::program::Program;

pub struct Ours {
    engine: Engine,
    now: Timestamp,
    /// In the order of the workload.
    tables: Vec<(RelationId, usize)>,
    outputs: Vec<RelationId>,
    delta: Delta,
}

/// Facts of one transaction while loading, so that they are not all held twice.
const CHUNK: usize = 250_000;

impl Ours {
    pub fn new(workload: &Workload, workers: usize) -> Ours {
        let rules = rules(workload.name);
        let program = program(rules);
        let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
        let outputs: Vec<RelationId> =
            workload.outputs.iter().map(|(name, _)| find(name)).collect();
        let tables = workload.tables.iter().map(|table| (find(table.name), table.width)).collect();
        let plan = watching(&program, &outputs);
        let now = Timestamp::parse("2036-01-01T00:00Z").expect("a time");
        let delta = Delta { revision: Revision(0), now, relations: Vec::new() };
        Ours { engine: Engine::new(plan, workers), now, tables, outputs, delta }
    }

    fn change(&self, change: &Change) -> model::Change {
        let (relation, width) = self.tables[change.table];
        let row = values(change.fact, width);
        match change.is_there {
            true => model::Change::Insert { relation, row: row.collect() },
            false => model::Change::Delete { relation, pattern: row.map(Some).collect() },
        }
    }
}

impl Peer for Ours {
    type Transaction = Transaction;

    /// The small tables come last: with them everything begins to follow.
    fn load(&mut self, workload: &Workload) {
        let mut changes = Vec::with_capacity(CHUNK);
        let mut relations = Vec::new();
        for (table, rows) in workload.tables.iter().enumerate().rev() {
            for fact in &rows.facts {
                changes.push(self.change(&Change { table, fact: *fact, is_there: true }));
                if changes.len() == CHUNK {
                    let full = std::mem::replace(&mut changes, Vec::with_capacity(CHUNK));
                    self.commit(Transaction { now: self.now, changes: full });
                    relations.append(&mut self.delta.relations);
                }
            }
        }
        self.commit(Transaction { now: self.now, changes });
        self.delta.relations.append(&mut relations);
    }

    fn prepare(&mut self, changes: &[Change]) -> Transaction {
        let changes = changes.iter().map(|change| self.change(change)).collect();
        Transaction { now: self.now, changes }
    }

    fn commit(&mut self, transaction: Transaction) {
        self.delta = self.engine.apply(transaction).expect("the changes fit the relations");
    }

    fn tell(&mut self, totals: &mut Totals) {
        for relation in std::mem::take(&mut self.delta.relations) {
            let output = self.outputs.iter().position(|output| *output == relation.relation);
            let output = output.expect("only what is watched is told");
            for (rows, count) in [(relation.inserted, 1), (relation.deleted, -1)] {
                rows.iter().for_each(|row| totals.add(output, fact(row), count));
            }
        }
    }
}

/// A rules text that has no mistake.
pub fn program(rules: &str) -> Program {
    let compiled = compile(Path::new("bench.rules"), &mut |_| Ok(rules.to_string().into()));
    compiled.program.expect("the rules have no mistake")
}

pub fn watching(program: &Program, outputs: &[RelationId]) -> Plan {
    plan(program, &Demand { watched: outputs.to_vec(), readable: Vec::new() })
}

fn values(fact: Fact, width: usize) -> impl Iterator<Item = Value> {
    fact.into_iter().take(width).map(|word| Value::Int(i64::from(word)))
}

pub fn fact(row: &[Value]) -> Fact {
    let mut fact = [0; 3];
    for (word, value) in fact.iter_mut().zip(row) {
        let Value::Int(int) = value else { panic!("{value:?} is no number") };
        *word = i32::try_from(*int).expect("the programs' numbers are small");
    }
    fact
}

fn rules(program: &str) -> &'static str {
    match program {
        "etl" => include_str!("../programs/etl.rules"),
        "reach" | "chain" => include_str!("../programs/reach.rules"),
        "tc" => include_str!("../programs/tc.rules"),
        "sg" => include_str!("../programs/sg.rules"),
        "cspa" => include_str!("../programs/cspa.rules"),
        "skew" => include_str!("../programs/skew.rules"),
        "counts" => include_str!("../programs/counts.rules"),
        other => panic!("there are no rules for {other}"),
    }
}
