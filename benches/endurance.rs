//! Does a small state stay small, however long the engine runs?
//!
//! `cargo bench --bench endurance -- [TRANSACTIONS]` applies so many transactions (a million,
//! unless said otherwise) to a hundred facts that come and go, leases that lapse, a recursion and
//! texts of which no two are alike. It fails where the memory at the end is more than a quarter
//! and 8 MiB above what it was after the first tenth.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{Change, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RULES: &str = "
    input arc(a: int, b: int).
    input lease(id: int, until: time) key (id).
    input note(id: int, text: text) key (id).
    output shout(id: int, text: text).
    shout(id, upper(text)) :- note(id, text).
    output reach(b: int).
    output live(id: int).
    output degree(a: int, n: int).
    reach(b) :- arc(0, b).
    reach(b) :- reach(a), arc(a, b).
    live(id) :- lease(id, until), now < until.
    degree(a, count()) :- arc(a, _).
";

fn main() -> ExitCode {
    // As the program does.
    owed::memory::start_small();
    let number = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let transactions: i64 = number.unwrap_or(1_000_000);
    let compiled = compile(Path::new("endurance.rules"), &mut |_| Ok(RULES.into()));
    let program = compiled.program.expect("the bench's rules are right");
    let find = |name: &str| program.schema.find(name).expect("a relation of the rules").id;
    let watched = ["reach", "live", "degree", "shout"].map(find).to_vec();
    let demand = Demand { readable: watched.clone(), watched };
    let mut engine = Engine::new(plan(&program, &demand), 1);
    let (arc, lease, note) = (find("arc"), find("lease"), find("note"));
    let start = Instant::now();
    let mut early = 0.0;
    for step in 0..transactions {
        let now = moment(step);
        let (a, b) = (Value::Int(step % 10), Value::Int(step * 7 % 11));
        let change = match step % 4 {
            0 => Change::Insert { relation: arc, row: vec![a, b] },
            1 => Change::Delete { relation: arc, pattern: vec![Some(a), None] },
            2 => {
                let text = Value::text(format!("the note of step {step}"));
                Change::Insert { relation: note, row: vec![Value::Int(step % 100), text] }
            }
            _ => {
                let until = Value::Time(moment(step + step % 50));
                Change::Insert { relation: lease, row: vec![Value::Int(step % 100), until] }
            }
        };
        engine.apply(Transaction { now, changes: vec![change] }).expect("the changes fit");
        if step == transactions / 10 {
            early = resident_mib();
        }
    }
    let (late, seconds) = (resident_mib(), start.elapsed().as_secs_f64());
    let each = seconds * 1e6 / transactions as f64;
    println!("{transactions} transactions, {each:.0} µs each");
    println!("resident after a tenth {early:.1} MiB, at the end {late:.1} MiB");
    if late > early * 1.25 + 8.0 {
        println!("memory grew");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A second for each step.
fn moment(step: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + step * 1_000_000).expect("in range")
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("Linux says so");
    let kib: f64 =
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of KiB");
    kib / 1024.0
}
