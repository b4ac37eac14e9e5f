//! What the engine promises beside right answers: work in proportion to what changes, and
//! recursion to its end. Work is counted in updates that operators handle, not in time.

use std::path::Path;

use owed::compile::compile;
use owed::engine::{Engine, Limits, Refused};
use owed::model::{Change, Date, Delta, Schema, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};

struct Bench {
    engine: Engine,
    schema: Schema,
    now: Timestamp,
}

impl Bench {
    /// The engine of some rules, watching relations, at 2026-04-01T12:00Z.
    fn new(rules: &str, watched: &[&str]) -> Bench {
        Bench::with_workers(rules, watched, 1)
    }

    fn with_workers(rules: &str, watched: &[&str], workers: usize) -> Bench {
        Bench::with_limits(rules, watched, workers, Limits::default())
    }

    fn with_limits(rules: &str, watched: &[&str], workers: usize, limits: Limits) -> Bench {
        let compiled = compile(Path::new("test.rules"), &mut |_| Ok(rules.into()));
        let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
        let find = |name: &&str| program.schema.find(name).expect("a relation of the rules").id;
        let watched: Vec<_> = watched.iter().map(find).collect();
        let plan = plan(&program, &Demand { readable: watched.clone(), watched });
        let engine = Engine::with_limits(plan, workers, limits);
        Bench { engine, schema: program.schema.clone(), now: time("2026-04-01T12:00Z") }
    }

    fn insert(&self, relation: &str, row: Vec<Value>) -> Change {
        let relation = self.schema.find(relation).expect("a relation of the rules").id;
        Change::Insert { relation, row }
    }

    /// The delta of a transaction, and how many updates it took.
    fn apply(&mut self, changes: Vec<Change>) -> (Delta, u64) {
        let before = self.engine.updates();
        let transaction = Transaction { now: self.now, changes };
        let delta = self.engine.apply(transaction).expect("the test's changes fit");
        (delta, self.engine.updates() - before)
    }

    fn at(&mut self, moment: &str) -> (Delta, u64) {
        self.now = time(moment);
        self.apply(Vec::new())
    }

    fn count(&mut self, relation: &str) -> usize {
        let relation = self.schema.find(relation).expect("a relation of the rules").id;
        self.engine.rows(relation, &[]).len()
    }
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

fn date(text: &str) -> Value {
    Value::Date(Date::parse(text).expect("a date"))
}

fn inserted(delta: &Delta) -> usize {
    delta.relations.iter().map(|relation| relation.inserted.len()).sum()
}

fn deleted(delta: &Delta) -> usize {
    delta.relations.iter().map(|relation| relation.deleted.len()).sum()
}

const EXPECTED: &str = "
    input campaign(id: int).
    input wanted(from: date, to: date) key ().
    output expected(c: int, d: date).
    expected(c, d) :- campaign(c), wanted(from, to), d in from..=to, today(t), d < t.
";

fn thousand_campaigns(to: &str, workers: usize) -> Bench {
    let mut bench = Bench::with_workers(EXPECTED, &["expected"], workers);
    let mut changes: Vec<Change> =
        (0..1000).map(|c| bench.insert("campaign", vec![Value::Int(c)])).collect();
    changes.push(bench.insert("wanted", vec![date("2025-01-01"), date(to)]));
    bench.apply(changes);
    bench
}

#[test]
fn a_range_that_grows_by_a_day_costs_that_day() {
    for workers in [1, 2] {
        let mut bench = thousand_campaigns("2026-02-28", workers);
        let grown = bench.insert("wanted", vec![date("2025-01-01"), date("2026-03-01")]);
        let (delta, updates) = bench.apply(vec![grown]);
        assert_eq!((inserted(&delta), deleted(&delta)), (1000, 0));
        assert!(updates < 3_000, "{updates} updates for 1000 new rows, {workers} workers");
    }
}

#[test]
fn midnight_costs_the_new_day() {
    for workers in [1, 2] {
        let mut bench = thousand_campaigns("2026-12-31", workers);
        let (delta, updates) = bench.at("2026-04-02T00:00Z");
        assert_eq!((inserted(&delta), deleted(&delta)), (1000, 0));
        assert!(updates < 3_000, "{updates} updates for 1000 new rows, {workers} workers");
    }
}

#[test]
fn what_is_deleted_waits_for_nothing() {
    let rules = "
        input lease(id: int, until: time) key (id).
        output live(id: int).
        live(id) :- lease(id, until), now < until.
    ";
    for workers in [1, 2] {
        let mut bench = Bench::with_workers(rules, &["live"], workers);
        let until = |bench: &Bench, minutes: i64| {
            let until = Timestamp::from_micros(bench.now.micros() + minutes * 60_000_000);
            Value::Time(until.expect("in range"))
        };
        let short = until(&bench, 1);
        let leases = (0..10).map(|id| bench.insert("lease", vec![Value::Int(id), short.clone()]));
        bench.apply(leases.collect());
        let long = until(&bench, 2);
        for id in 0..10 {
            bench.apply(vec![bench.insert("lease", vec![Value::Int(id), long.clone()])]);
        }
        assert_eq!(bench.engine.next_alarm().map(Value::Time), Some(long), "{workers} workers");
        let lease = bench.schema.find("lease").expect("a relation of the rules").id;
        bench.apply(vec![Change::Delete { relation: lease, pattern: vec![None, None] }]);
        assert_eq!(bench.engine.next_alarm(), None, "{workers} workers");
    }
}

#[test]
fn a_range_up_to_today_costs_the_new_day() {
    let rules = "
        input campaign(id: int, since: date).
        output expected(c: int, d: date).
        expected(c, d) :- campaign(c, since), today(t), d in since..t.
    ";
    let mut bench = Bench::new(rules, &["expected"]);
    let changes: Vec<Change> = (0..1000)
        .map(|c| bench.insert("campaign", vec![Value::Int(c), date("2025-01-01")]))
        .collect();
    bench.apply(changes);
    let (delta, updates) = bench.at("2026-04-02T00:00Z");
    assert_eq!((inserted(&delta), deleted(&delta)), (1000, 0));
    assert!(updates < 8_000, "{updates} updates for 1000 new rows");
}

#[test]
fn a_clock_that_reaches_nothing_does_nothing() {
    let rules = "
        input lease(id: int, until: time).
        output live(id: int).
        live(id) :- lease(id, until), now < until.
    ";
    let mut bench = Bench::new(rules, &["live"]);
    let changes: Vec<Change> = (0..10_000i64)
        .map(|id| {
            let until = Timestamp::from_micros(bench.now.micros() + (id / 3 + 2) * 60_000_000);
            bench.insert("lease", vec![Value::Int(id), Value::Time(until.expect("in range"))])
        })
        .collect();
    bench.apply(changes);
    assert_eq!(bench.engine.next_alarm(), Some(time("2026-04-01T12:02Z")));
    let (delta, updates) = bench.at("2026-04-01T12:01Z");
    assert_eq!((inserted(&delta), deleted(&delta), updates), (0, 0, 0));
    let (delta, updates) = bench.at("2026-04-01T12:02Z");
    assert_eq!((inserted(&delta), deleted(&delta)), (0, 3));
    assert!(updates <= 12, "{updates} updates for 3 rows");
}

#[test]
fn one_fact_costs_what_follows_from_it() {
    let rules = include_str!("../benches/campaigns/campaigns.rules");
    let watched = ["results.missing", "results.ready", "csv.missing", "csv.ready"];
    let mut bench = Bench::new(rules, &watched);
    let mut changes: Vec<Change> =
        (0..300).map(|c| bench.insert("campaign", vec![Value::text(c.to_string())])).collect();
    changes.push(bench.insert("wanted", vec![date("2026-01-01"), date("2026-03-31")]));
    bench.apply(changes);
    let file = vec![Value::text("7"), date("2026-03-25"), Value::Int(1)];
    let file = bench.insert("csv_file", file);
    let (delta, updates) = bench.apply(vec![file]);
    assert_eq!((inserted(&delta), deleted(&delta)), (0, 2), "csv is neither missing nor ready");
    assert!(updates < 60, "{updates} updates for one file");
}

const REACH: &str = "
    input arc(a: int, b: int).
    input source(a: int).
    output reach(a: int).
    reach(a) :- source(a).
    reach(b) :- reach(a), arc(a, b).
    output error(rule: text, line: int, message: text).
    error(r, l, m) :- rule_error(r, l, m, _).
";

fn chain(bench: &mut Bench, arcs: i64) -> Delta {
    let mut changes: Vec<Change> =
        (0..arcs).map(|a| bench.insert("arc", vec![Value::Int(a), Value::Int(a + 1)])).collect();
    changes.push(bench.insert("source", vec![Value::Int(0)]));
    bench.apply(changes).0
}

#[test]
fn a_chain_of_100_000_arcs_is_followed_to_its_end() {
    let mut bench = Bench::new(REACH, &["reach", "error"]);
    let delta = chain(&mut bench, 100_000);
    assert_eq!(inserted(&delta), 100_001);
    assert_eq!(bench.count("error"), 0);
}

#[test]
fn the_bound_of_rounds_is_said_loudly() {
    let mut bench = Bench::with_limits(
        REACH,
        &["reach", "error"],
        1,
        Limits { rounds: 100, ..Limits::default() },
    );
    chain(&mut bench, 1_000);
    assert!(bench.count("reach") < 1_001);
    let error = bench.schema.find("error").expect("a relation of the rules").id;
    let rows = bench.engine.rows(error, &[]);
    let message = "recursion reached the bound of rounds: its rows are incomplete";
    assert_eq!(rows, [vec![Value::text("reach(b)"), Value::Int(6), Value::text(message)]]);
}

#[test]
fn a_bad_transaction_changes_nothing() {
    let mut bench = Bench::new(REACH, &["reach"]);
    let good = bench.insert("source", vec![Value::Int(1)]);
    let bad = bench.insert("arc", vec![Value::Int(1), Value::text("two")]);
    let transaction = Transaction { now: bench.now, changes: vec![good, bad] };
    let refused = bench.engine.apply(transaction).expect_err("the second change is wrong");
    assert!(matches!(refused, Refused::WrongType { .. }), "{refused}");
    assert_eq!(bench.count("source"), 0);
    bench.apply(Vec::new());
    assert_eq!(bench.count("reach"), 0);
    let back = Transaction { now: time("2020-01-01T00:00Z"), changes: Vec::new() };
    assert!(matches!(bench.engine.apply(back), Err(Refused::TimeGoesBack { .. })));
}

#[test]
fn inputs_are_sets() {
    let mut bench = Bench::new(REACH, &["reach"]);
    let source = || vec![Value::Int(1)];
    let insert = bench.insert("source", source());
    let relation = insert.relation();
    let delete = Change::Delete { relation, pattern: vec![Some(Value::Int(1))] };
    let (delta, _) = bench.apply(vec![delete.clone(), insert.clone(), insert.clone()]);
    assert_eq!((inserted(&delta), deleted(&delta)), (1, 0));
    let (delta, updates) = bench.apply(vec![insert]);
    assert_eq!((delta.relations.len(), updates), (0, 0));
    let (delta, _) = bench.apply(vec![delete]);
    assert_eq!((inserted(&delta), deleted(&delta)), (0, 1));
}

#[test]
fn texts_that_no_row_holds_are_forgotten() {
    let rules = "
        input note(id: int, text: text) key (id).
        output shout(id: int, text: text).
        output longest(text: text).
        shout(i, upper(t) ++ \"!\") :- note(i, t).
        longest(argmax(t, len(t))) :- shout(_, t).
    ";
    let mut bench = Bench::new(rules, &["shout", "longest"]);
    let kept = bench.insert("note", vec![Value::Int(0), Value::text("kept for good, and longest")]);
    bench.apply(vec![kept]);
    for step in 0..1000 {
        let row = vec![Value::Int(1), Value::text(format!("note {step}"))];
        bench.apply(vec![bench.insert("note", row)]);
    }
    let before = bench.engine.texts();
    assert!(before >= 2000, "a note and its shout each: {before}");
    // Indexes forget what went as they are merged, which takes some transactions.
    bench.engine.forget_texts();
    let after = bench.engine.texts();
    assert!(after < 100, "of {before} texts {after} are held");
    assert_eq!(bench.count("shout"), 2);
    let (delta, _) = bench.apply(vec![bench.insert("note", vec![Value::Int(0), Value::text("x")])]);
    let gone: Vec<_> = delta.relations.iter().flat_map(|change| change.deleted.clone()).collect();
    let longest = Value::text("KEPT FOR GOOD, AND LONGEST!");
    assert_eq!(gone, [vec![Value::Int(0), longest.clone()], vec![longest]]);
}

#[test]
fn texts_go_with_most_of_the_facts() {
    let rules = "
        input note(id: int, text: text) key (id).
        output shout(id: int, text: text).
        shout(i, upper(t)) :- note(i, t).
    ";
    let mut bench = Bench::new(rules, &["shout"]);
    let note = |id| vec![Value::Int(id), Value::text(format!("note {id}"))];
    let notes: Vec<Change> = (0..70_000).map(|id| bench.insert("note", note(id))).collect();
    bench.apply(notes);
    assert!(bench.engine.texts() >= 140_000);
    let relation = bench.insert("note", note(0)).relation();
    bench.apply(vec![Change::Delete { relation, pattern: vec![None, None] }]);
    assert!(bench.engine.texts() < 100, "{} texts are held", bench.engine.texts());
}

#[test]
fn a_large_group_costs_the_rows_that_change() {
    let rules = "
        input size(id: int, bytes: int, at: text) key (id).
        output total(n: int, bytes: int, mean: float, least: int, latest: text, largest: int).
        total(count(), sum(b), mean(b), min(b), max(t), argmax(i, b)) :- size(i, b, t).
    ";
    let mut bench = Bench::new(rules, &["total"]);
    let row = |id: i64| {
        vec![Value::Int(id), Value::Int(id % 1000), Value::text(format!("t{:05}", id % 77))]
    };
    let load: Vec<Change> = (1..=20_000).map(|id| bench.insert("size", row(id))).collect();
    bench.apply(load);
    let (delta, updates) = bench.apply(vec![bench.insert("size", row(0))]);
    assert_eq!(delta.relations[0].inserted.len(), 1);
    assert!(updates < 20, "{updates} updates for one row");
}

#[test]
fn a_rule_that_reads_errors_reads_those_of_every_rule() {
    let rules = "
        input arc(a: int, b: int).
        reach(a, b) :- arc(a, b).
        reach(a, c) :- reach(a, b), arc(b, c).
        output q(a: int, x: int).
        q(a, 1 / (b - b)) :- reach(a, b).
        output alarm(message: text, rows: int).
        alarm(m, r) :- rule_error(_, _, m, r).
    ";
    let mut bench = Bench::new(rules, &["alarm"]);
    let arcs = (0..100).map(|a| bench.insert("arc", vec![Value::Int(a), Value::Int(a + 1)]));
    let (delta, _) = bench.apply(arcs.collect());
    let row = vec![Value::text("division by zero"), Value::Int(100 * 101 / 2)];
    assert_eq!(delta.relations[0].inserted, [row]);
}

/// Rows are found by any of their columns, of facts with and without a key and of what is
/// derived, and no more are read than are asked for.
#[test]
fn rows_are_found_by_pattern() {
    let rules = "input keyed(a: int, b: text) key (b).\ninput whole(a: int, b: text).\n\
        derived(a, b) :- whole(a, b).\n";
    for workers in [1, 2] {
        let mut bench = Bench::with_workers(rules, &["keyed", "whole", "derived"], workers);
        let row = |at: i64| vec![Value::Int(at % 3), Value::text(format!("t{at}"))];
        let facts =
            (0..30).flat_map(|at| [bench.insert("keyed", row(at)), bench.insert("whole", row(at))]);
        let facts = facts.collect();
        bench.apply(facts);
        for name in ["keyed", "whole", "derived"] {
            let relation = bench.schema.find(name).expect("a relation of the rules").id;
            let mut matching = |pattern: &[Option<Value>]| bench.engine.matching(relation, pattern);
            let text = Some(Value::text("t7"));
            assert_eq!(matching(&[None, text.clone()]), vec![row(7)], "{name}");
            assert_eq!(matching(&[Some(Value::Int(2)), text.clone()]), Vec::<Vec<Value>>::new());
            assert_eq!(matching(&[Some(Value::Int(1)), text]), vec![row(7)], "{name}");
            assert_eq!(matching(&[Some(Value::Int(2)), None]).len(), 10, "{name}");
            assert_eq!(matching(&[Some(Value::Int(2))]).len(), 10, "{name}");
            assert_eq!(matching(&[None, Some(Value::text("never met"))]).len(), 0, "{name}");
            assert_eq!(matching(&[]).len(), 30, "{name}");
            let some = bench.engine.some_rows(relation, 4);
            assert!(some.len() == 4 && some.is_sorted(), "{name}: {some:?}");
            assert_eq!(some, bench.engine.some_rows(relation, 4), "{name}");
            assert_eq!(bench.engine.some_rows(relation, 100).len(), 30, "{name}");
        }
    }
}
