//! Loops with a clock, an antijoin, a range and errors inside: whatever came and went before, an
//! engine has what a new one has that is given the same facts at once; so also where the bound of
//! rounds cuts, and on several threads.

use std::collections::BTreeSet;
use std::path::Path;

use fastrand::Rng;
use owed::compile::compile;
use owed::engine::{Engine, Limits};
use owed::model::{Change, RelationId, Row, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};
use owed::program::Program;

const RULES: &str = "
    input arc(x: int, y: int).
    input start(x: int, t: time).
    input closed(x: int).
    input low(a: int, b: int).
    output walk(x: int, t: time).
    walk(x, t) :- start(x, t).
    walk(y, t) :- walk(x, t), arc(x, y), now >= t, not closed(y).
    walk(y, t) :- walk(x, t), low(x, a), y in a..x.
    walk(6 / y, t) :- walk(x, t), arc(x, y), y < 3, t > now.
    output ends(x: int, n: int, last: time).
    ends(x, count(), max(t)) :- walk(x, t), not arc(x, _).
    output failing(rule: text, why: text, n: int).
    failing(r, w, n) :- rule_error(r, _, w, n).
";

const ROUNDS: [u32; 3] = [3, 6, 1_000];

type Facts = BTreeSet<(RelationId, Row)>;

#[test]
fn what_came_and_went_leaves_nothing_behind() {
    let number = |name: &str, default| {
        std::env::var(name).map_or(default, |text| text.parse::<u64>().expect("a number"))
    };
    let first = number("OWED_SEED", 1);
    let compiled = compile(Path::new("loops.rules"), &mut |_| Ok(RULES.into()));
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    for seed in first..first + number("OWED_CASES", 200) / 10 {
        for rounds in ROUNDS {
            check(&program, seed, 1 + seed as usize % 3, rounds);
        }
    }
}

fn check(program: &Program, seed: u64, workers: usize, rounds: u32) {
    let mut random = Rng::with_seed(seed);
    let mut engine = engine(program, workers, rounds);
    let (mut facts, mut now) = (Facts::new(), 0);
    for step in 0..12 {
        now += random.i64(0..3);
        let changes: Vec<Change> = (0..random.usize(0..6))
            .map(|_| change(&mut random, program, &mut facts, now))
            .collect();
        engine.apply(Transaction { now: moment(now), changes }).expect("the changes fit");
        if random.bool() {
            engine.forget_texts();
        }
        let mut fresh = self::engine(program, 1, rounds);
        let changes =
            facts.iter().cloned().map(|(relation, row)| Change::Insert { relation, row }).collect();
        fresh.apply(Transaction { now: moment(now), changes }).expect("the changes fit");
        assert_eq!(
            rows(&mut engine, program),
            rows(&mut fresh, program),
            "OWED_SEED={seed}: step {step}, {workers} workers, {rounds} rounds, facts {facts:?}"
        );
    }
}

fn engine(program: &Program, workers: usize, rounds: u32) -> Engine {
    let readable = outputs(program).to_vec();
    let plan = plan(program, &Demand { watched: readable.clone(), readable });
    Engine::with_limits(plan, workers, Limits { rounds, ..Limits::default() })
}

fn outputs(program: &Program) -> [RelationId; 3] {
    ["walk", "ends", "failing"].map(|name| program.schema.find(name).expect("an output").id)
}

fn rows(engine: &mut Engine, program: &Program) -> [Vec<Row>; 3] {
    outputs(program).map(|relation| engine.rows(relation, &[]))
}

/// A fact that comes, or one of those that are there which goes.
fn change(random: &mut Rng, program: &Program, facts: &mut Facts, now: i64) -> Change {
    let is_gone = random.u32(0..5) < 2 && !facts.is_empty();
    if is_gone {
        let at = random.usize(0..facts.len());
        let fact = facts.iter().nth(at).expect("it is one of them").clone();
        facts.remove(&fact);
        let (relation, row) = fact;
        return Change::Delete { relation, pattern: row.into_iter().map(Some).collect() };
    }
    let [x, y] = [0; 2].map(|_| Value::Int(random.i64(0..7)));
    let t = Value::Time(moment(now + random.i64(-2..4)));
    let (name, row) = match random.u32(0..8) {
        0..=3 => ("arc", vec![x, y]),
        4 => ("closed", vec![x]),
        5 => ("low", vec![x, y]),
        _ => ("start", vec![x, t]),
    };
    let relation = program.schema.find(name).expect("an input").id;
    facts.insert((relation, row.clone()));
    Change::Insert { relation, row }
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + seconds * 1_000_000).expect("in range")
}
