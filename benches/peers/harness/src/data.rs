//! Graphs, and the state of a pipeline.

use crate::{Fact, Random, Table};

/// A random graph without loops twice: so many distinct arcs.
pub fn graph(nodes: i32, arcs: usize, seed: u64) -> Table {
    let mut random = Random::new(seed);
    let mut facts: Vec<Fact> = Vec::with_capacity(arcs * 2);
    while facts.len() < arcs {
        let missing = arcs - facts.len();
        facts.extend((0..missing).map(|_| [random.below(nodes), random.below(nodes), 0]));
        distinct(&mut facts);
    }
    random.shuffle(&mut facts);
    Table { name: "arc", width: 2, facts }
}

/// What can be reached from ten nodes.
pub fn reach(nodes: i32, arcs: usize) -> Vec<Table> {
    let source = Table { name: "source", width: 1, facts: (0..10).map(|n| [n, 0, 0]).collect() };
    vec![source, graph(nodes, arcs, 4)]
}

/// One long line: as many rounds of recursion as arcs.
pub fn chain(arcs: i32) -> Vec<Table> {
    let source = Table { name: "source", width: 1, facts: vec![[0; 3]] };
    let facts = (0..arcs).map(|n| [n, n + 1, 0]).collect();
    vec![source, Table { name: "arc", width: 2, facts }]
}

/// Assignments and dereferences of so many modules of 40 variables.
pub fn points_to(modules: i32) -> Vec<Table> {
    const VARIABLES: i32 = 40;
    let mut random = Random::new(5);
    let [mut assign, mut dereference]: [Vec<Fact>; 2] = [Vec::new(), Vec::new()];
    for module in 0..modules {
        let mut pair = || [0; 2].map(|_: i32| module * VARIABLES + random.below(VARIABLES));
        let mut add = |facts: &mut Vec<Fact>, count| {
            facts.extend((0..count).map(|_| pair()).map(|[a, b]| [a, b, 0]));
        };
        add(&mut assign, 38);
        add(&mut dereference, 10);
    }
    for facts in [&mut assign, &mut dereference] {
        distinct(facts);
        random.shuffle(facts);
    }
    vec![
        Table { name: "dereference", width: 2, facts: dereference },
        Table { name: "assign", width: 2, facts: assign },
    ]
}

/// Campaigns and days; of five kinds of things 97 in 100 are there. A result (1) needs what was
/// made of its file (2), and a dependency (3); that needs the file (4), and that a listing (5).
/// With many campaigns something is missing every day: FlowLog counts 0 where others have no row.
pub fn etl(campaigns: i32, days: i32) -> Vec<Table> {
    let mut random = Random::new(6);
    let [mut have, mut working]: [Vec<Fact>; 2] = [Vec::new(), Vec::new()];
    for c in 0..campaigns {
        for d in 0..days {
            let kinds: &[i32] = match random.below(100) {
                0..97 => &[1, 2, 3, 4, 5],
                97 => &[3, 4, 5],
                98 => &[3, 5],
                _ => &[5],
            };
            have.extend(kinds.iter().map(|k| [*k, c, d]));
            if kinds.len() == 1 && random.one_in(2) {
                working.push([4, c, d]);
            }
        }
    }
    random.shuffle(&mut have);
    let column = |end| (0..end).map(|n| [n, 0, 0]).collect();
    let needs = vec![[1, 2, 0], [1, 3, 0], [2, 4, 0], [4, 5, 0]];
    vec![
        Table { name: "campaign", width: 1, facts: column(campaigns) },
        Table { name: "day", width: 1, facts: column(days) },
        Table { name: "needs", width: 2, facts: needs },
        Table { name: "target", width: 1, facts: vec![[1, 0, 0]] },
        Table { name: "working", width: 3, facts: working },
        Table { name: "have", width: 3, facts: have },
    ]
}

pub fn distinct(facts: &mut Vec<Fact>) {
    facts.sort_unstable();
    facts.dedup();
}
