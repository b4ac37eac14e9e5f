//! What does one fact cost where goals stand in a chain, each needing the next?
//!
//! `cargo bench --bench goals -- [GOALS INSTANCES [WORKERS]]` loads so many goals with so many
//! instances each, takes one `ok` away and gives it back again and again, and prints medians.
//! Without arguments it is 3, 30 and 100 goals with 10,000 instances each.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{Change, Date, RelationId, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};
use owed::program::Program;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DAYS: u32 = 31;

fn main() {
    let numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let numbers: Vec<u32> = numbers.collect();
    match numbers.as_slice() {
        [goals, instances] => measure(*goals, *instances, 1),
        [goals, instances, workers] => measure(*goals, *instances, *workers),
        _ => {
            for goals in [3, 30, 100] {
                measure(goals, 10_000, 1);
            }
        }
    }
}

fn measure(goals: u32, instances: u32, workers: u32) {
    let before = resident_kib();
    let program = program(goals);
    let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
    let names = (0..goals).flat_map(|g| [format!("g{g}.missing"), format!("g{g}.ready")]);
    let watched = names.map(|name| find(&name)).collect();
    let plan = plan(&program, &Demand { watched, readable: Vec::new() });
    let mut engine = Engine::new(plan, workers as usize);
    let now = Timestamp::parse("2036-01-01T00:00Z").expect("a time");
    let mut apply = |changes| {
        let start = Instant::now();
        let delta = engine.apply(Transaction { now, changes }).expect("the bench's changes fit");
        let changed = delta.relations.iter().map(|r| r.inserted.len() + r.deleted.len());
        (start.elapsed().as_secs_f64() * 1e3, changed.sum::<usize>())
    };
    let done: Vec<RelationId> = (0..goals).map(|g| find(&format!("done{g}"))).collect();
    let mut changes = Vec::new();
    for instance in 0..instances {
        for relation in &done {
            changes.push(insert(*relation, fact(instance, 1)));
        }
    }
    let campaigns = instances.div_ceil(DAYS);
    changes.extend((0..campaigns).map(|c| insert(find("campaign"), vec![campaign(c)])));
    changes.push(insert(find("wanted"), vec![day(0), day(DAYS - 1)]));
    let (load, _) = apply(changes);
    let (mut ends, mut first, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    let mut changed = 0;
    for step in 0..400u32 {
        let instance = step.wrapping_mul(7919) % instances;
        for (at, times) in [(done[0], &mut first), (done[goals as usize - 1], &mut ends)] {
            for rows in [0, 1] {
                let (time, count) = apply(vec![insert(at, fact(instance, rows))]);
                times.push(time);
                changed += count;
            }
        }
        empty.push(apply(Vec::new()).0);
    }
    let bytes = (resident_kib() - before) * 1024.0 / f64::from(goals * instances);
    println!(
        "{goals:4} goals × {instances} on {workers}: load {:.2} s, one fact p50 {:.3} ms (first) \
         {:.3} ms (last), p99 {:.3} ms, empty {:.3} ms, {bytes:.0} bytes an instance, \
         {changed} changes",
        load / 1e3,
        at(&mut first, 50),
        at(&mut ends, 50),
        at(&mut first, 99),
        at(&mut empty, 50),
    );
}

/// Each goal needs the next; only the first is expected for its own sake.
fn program(goals: u32) -> Program {
    let mut rules = "input campaign(id: text).\n\
        input wanted(from: date, to: date) key ().\n"
        .to_owned();
    for goal in 0..goals {
        let expect = match goal {
            0 => "expect :- campaign(c), wanted(from, to), d in from..=to, today(t), d < t.\n",
            _ => "",
        };
        let needs = match goal + 1 < goals {
            true => format!("needs g{}(c, d).\n", goal + 1),
            false => String::new(),
        };
        writeln!(
            rules,
            "observe done{goal}(campaign: text, day: date, rows: int) key (campaign, day).\n\
             goal g{goal}(c: text, d: date) {{\n{expect}ok :- done{goal}(c, d, n), n > 0.\n{needs}\
             action \"bin/make {{c}} {{d}}\" within 4h.\n}}"
        )
        .expect("memory takes all");
    }
    let rules: std::sync::Arc<str> = rules.into();
    let compiled = compile(Path::new("goals.rules"), &mut |_| Ok(rules.to_string().into()));
    compiled.program.expect("the bench's rules are right")
}

fn insert(relation: RelationId, row: Vec<Value>) -> Change {
    Change::Insert { relation, row }
}

fn fact(instance: u32, rows: i64) -> Vec<Value> {
    vec![campaign(instance / DAYS), day(instance % DAYS), Value::Int(rows)]
}

fn campaign(number: u32) -> Value {
    Value::text(number.to_string())
}

fn day(number: u32) -> Value {
    // 2030-01-01 and on.
    Value::Date(Date::from_days(21_915 + i64::from(number)).expect("in range"))
}

fn at(times: &mut [f64], share: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() * share / 100]
}

fn resident_kib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("Linux says so");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of KiB")
}
