//! What the engine does where numbers come to their ends, where rules share what can fail, and
//! where somebody asks what it all costs.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{Change, Row, Schema, Timestamp, Transaction, Value};
use owed::plan::{Demand, Operator, Part, Plan, plan};

struct World {
    plan: Plan,
    engine: Engine,
    schema: Schema,
}

impl World {
    fn new(rules: &str, readable: &[&str], workers: usize) -> World {
        let compiled = compile(Path::new("test.rules"), &mut |_| Ok(rules.into()));
        let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
        let find = |name: &&str| program.schema.find(name).expect("a relation of the rules").id;
        let readable: Vec<_> = readable.iter().map(find).collect();
        let plan = plan(&program, &Demand { watched: readable.clone(), readable });
        let engine = Engine::new(plan.clone(), workers);
        World { plan, engine, schema: program.schema }
    }

    fn row(&self, relation: &str, numbers: &[i64]) -> Change {
        let relation = self.schema.find(relation).expect("a relation of the rules").id;
        Change::Insert { relation, row: numbers.iter().copied().map(Value::Int).collect() }
    }

    fn clear(&self, relation: &str) -> Change {
        let relation = self.schema.find(relation).expect("a relation of the rules");
        Change::Delete { relation: relation.id, pattern: vec![None; relation.columns.len()] }
    }

    fn apply(&mut self, changes: Vec<Change>) {
        let now = Timestamp::parse("2026-04-01T12:00Z").expect("a time");
        self.engine.apply(Transaction { now, changes }).expect("the test's changes fit");
    }

    fn rows(&mut self, relation: &str) -> Vec<Row> {
        let relation = self.schema.find(relation).expect("a relation of the rules").id;
        self.engine.rows(relation, &[])
    }
}

/// Two rules that index the same rows by the same expression have an index in common, but each
/// has its own errors.
#[test]
fn rules_that_fail_alike_are_both_said() {
    let rules = "
        input a(x: int, y: int).
        input b(z: int).
        input c(z: int).
        output p(x: int).
        p(x) :- a(x, y), 10 / y > 2, b(x).
        output q(x: int).
        q(x) :- a(x, y), 10 / y > 2, c(x).
        output failing(rule: text).
        failing(r) :- rule_error(r, _, _, _).
        ";
    for workers in [1, 2] {
        let mut world = World::new(rules, &["p", "q", "failing"], workers);
        world.apply(vec![world.row("a", &[1, 0]), world.row("b", &[5]), world.row("c", &[5])]);
        let said = world.rows("failing");
        assert_eq!(said, [vec![Value::text("p(x)")], vec![Value::text("q(x)")]]);
    }
}

/// Sixteen rules with as many ways each as are counted at all: the sum would be 2^64, which is 0
/// in a machine's word.
#[test]
fn more_derivations_than_can_be_counted_are_many() {
    let many = many();
    let mut rules = "input a(x: int, y: int).\noutput p(x: int).\n".to_string();
    for rule in 0..16 {
        rules.push_str(&format!("p(x) :- {many}, x > {}.\n", -1 - rule));
    }
    for workers in [1, 2] {
        let mut world = World::new(&rules, &["p"], workers);
        world.apply((0..1_024).map(|y| world.row("a", &[1, y])).collect());
        assert_eq!(world.rows("p").len(), 1);
        world.apply(vec![world.row("a", &[1, 1_024])]);
        assert_eq!(world.rows("p").len(), 1);
        world.apply(vec![world.clear("a")]);
        assert_eq!(world.rows("p").len(), 0);
    }
}

/// The same within a loop, in the ends of ranges and in sums.
#[test]
fn so_are_they_in_loops_ranges_and_sums() {
    let many = many();
    let mut rules = "
        input a(x: int, y: int).
        output day(x: int, d: int).
        output total(x: int, sum: int).
        output reach(x: int).
        total(x, sum(big)) :- weight(x, big).
        reach(x + 1) :- reach(x), x < 3.
        "
    .to_string();
    for rule in 0..20 {
        let more = format!("{many}, x > {}", -1 - rule);
        rules.push_str(&format!("reach(x) :- {more}.\n"));
        rules.push_str(&format!("reach(x + 1) :- reach(x), x < 3, {more}.\n"));
        rules.push_str(&format!("day(x, d) :- {more}, d in 1..{}.\n", 3 + rule));
    }
    rules.push_str("weight(x, 9223372036854775807 - x) :- reach(x).\n");
    for workers in [1, 2] {
        let mut world = World::new(&rules, &["day", "reach", "total"], workers);
        world.apply((0..1_024).map(|y| world.row("a", &[1, y])).collect());
        let counts = ["reach", "day"].map(|relation| world.rows(relation).len());
        assert_eq!(counts, [3, 21]);
        world.apply(vec![world.clear("a")]);
        let counts = ["reach", "day", "total"].map(|relation| world.rows(relation).len());
        assert_eq!(counts, [0, 0, 0]);
    }
}

/// Rows that each kind of operator gave, rows that it keeps, and in how many rounds a loop went.
#[test]
fn a_profile_says_what_each_operator_did() {
    let rules = "
        input arc(x: int, y: int).
        output reach(x: int).
        reach(0).
        reach(y) :- reach(x), arc(x, y).
        output ends(n: int).
        ends(count()) :- reach(x), not arc(x, _).
        ";
    for workers in [1, 2] {
        let mut world = World::new(rules, &["reach", "ends"], workers);
        // What came before is not counted.
        world.apply(vec![world.row("arc", &[100, 101])]);
        world.engine.measure(ticks);
        world.apply((0..10).map(|x| world.row("arc", &[x, x + 1])).collect());
        let profile = world.engine.profile();
        let of = |wanted: &dyn Fn(&Operator) -> bool| {
            let at = world.plan.nodes.iter().position(|node| wanted(&node.operator));
            *profile.cost(Part::node(at.expect("the plan has such an operator")))
        };
        let arcs = of(&|operator| matches!(operator, Operator::Base(_)));
        assert_eq!((arcs.rows, arcs.held), (10, 11));
        let recursive = of(&|operator| matches!(operator, Operator::Recursive(_)));
        // In round 0 arcs come, in the next one 1 is found out of the 0 that was there, and so on
        // until 10, which is read in round 11.
        assert_eq!((recursive.rows, recursive.runs), (10, 12 * workers as u64));
        let counts = of(&|operator| matches!(operator, Operator::Aggregate { .. }));
        // One end goes, another one comes: that is no change of their number.
        assert_eq!((counts.rows, counts.held), (0, 1));
        let distinct = of(&|operator| matches!(operator, Operator::Distinct(_)));
        assert_eq!(distinct.held, 11);
        // For each worker, every tick is one part's alone, or nobody's.
        let total = profile.total().time + profile.facts;
        assert!(total > Duration::ZERO && total <= ticks() * workers as u32, "{total:?}");
    }
}

/// A clock by which every look takes a microsecond.
fn ticks() -> Duration {
    static TICKS: AtomicU64 = AtomicU64::new(0);
    Duration::from_micros(TICKS.fetch_add(1, Ordering::Relaxed))
}

/// What 1,024 rows of `a` match in 2^60 ways. A test of each keeps them from being made distinct
/// before they are joined.
fn many() -> String {
    let atoms = (0..6).map(|at| format!("a(x, y{at}), y{at} != {}", -1 - at));
    atoms.collect::<Vec<_>>().join(", ")
}
