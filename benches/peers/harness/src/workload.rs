//! The programs that all engines run, each with its facts and what is asked of it.

use crate::{data, joins};

/// A row; columns that a table has not are 0.
pub type Fact = [i32; 3];

/// The facts of a given relation.
pub struct Table {
    pub name: &'static str,
    pub width: usize,
    pub facts: Vec<Fact>,
}

/// One fact that comes or goes.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub table: usize,
    pub fact: Fact,
    pub is_there: bool,
}

/// `Quick` is a tenth or less, for a machine that is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Full,
    Quick,
}

pub struct Workload {
    pub name: &'static str,
    /// The one whose facts come and go is the last.
    pub tables: Vec<Table>,
    /// Name and width of what is watched.
    pub outputs: &'static [(&'static str, usize)],
    pub rounds: usize,
    /// Rounds of a thousand facts.
    pub bulk_rounds: usize,
}

pub const PROGRAMS: [&str; 8] = ["etl", "reach", "tc", "sg", "cspa", "chain", "skew", "counts"];

impl Workload {
    /// # Panics
    /// If there is no such program.
    pub fn new(name: &str, scale: Scale) -> Workload {
        let quick = scale == Scale::Quick;
        let by = if quick { 10 } else { 1 };
        let (name, tables, outputs, rounds, bulk_rounds): (&str, Vec<Table>, &[_], usize, usize) =
            match name {
                "etl" => ("etl", data::etl(1_001, 365 / by), ETL, 1_000, 50),
                "reach" => {
                    ("reach", data::reach(500_000 / by, 2_500_000 / by as usize), REACH, 1_000, 50)
                }
                "tc" => {
                    let (nodes, arcs) = if quick { (600, 2_400) } else { (2_000, 8_000) };
                    ("tc", vec![data::graph(nodes, arcs, 1)], TC, 6, 0)
                }
                "sg" => {
                    let (nodes, arcs) = if quick { (500, 1_000) } else { (1_000, 2_000) };
                    ("sg", vec![data::graph(nodes, arcs, 3)], SG, 20, 0)
                }
                "cspa" => ("cspa", data::points_to(500 / by), CSPA, 200, 4),
                "chain" => ("chain", data::chain(100_000), REACH, 0, 0),
                "skew" => ("skew", joins::skewed(200_000 / by as usize), SKEW, 1_000, 50),
                "counts" => {
                    let mut tables = data::etl(1_001, 365 / by);
                    ("counts", vec![tables.pop().expect("etl ends with them")], COUNTS, 1_000, 50)
                }
                other => panic!("there is no program {other}"),
            };
        Workload { name, tables, outputs, rounds, bulk_rounds }
    }

    /// So many facts of the last table, from this one on, that go or come back.
    pub fn changes(&self, first: usize, count: usize, is_there: bool) -> Vec<Change> {
        let table = self.tables.len() - 1;
        let facts = &self.tables[table].facts;
        let fact = |n: usize| facts[(first + n) % facts.len()];
        (0..count.min(facts.len())).map(|n| Change { table, fact: fact(n), is_there }).collect()
    }

    pub fn facts(&self, table: &str) -> &[Fact] {
        let table = self.tables.iter().find(|found| found.name == table);
        &table.expect("the workload has this table").facts
    }
}

const ETL: &[(&str, usize)] = &[("unmet", 3), ("action", 3), ("stuck", 3), ("unmet_per_day", 2)];
const REACH: &[(&str, usize)] = &[("reach", 1)];
const TC: &[(&str, usize)] = &[("tc", 2)];
const SG: &[(&str, usize)] = &[("sg", 2)];
const CSPA: &[(&str, usize)] = &[("value_flow", 2), ("memory_alias", 2), ("value_alias", 2)];
const SKEW: &[(&str, usize)] = &[("linked", 2)];
const COUNTS: &[(&str, usize)] = &[("per_day", 2)];
