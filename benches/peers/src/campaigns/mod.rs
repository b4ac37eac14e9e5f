//! The campaigns job. Ours, and by hand on differential dataflow, are those of `cargo bench
//! --bench campaigns`; beside them what people do without either.

#[path = "../../../campaigns/by_hand.rs"]
mod by_hand;
mod make;
#[path = "../../../campaigns/ours.rs"]
mod ours;
mod sqlite;

use harness::campaigns::{SIZES, measure_job, report};
use harness::{Report, campaigns as job};

/// How often one result comes and goes.
const STEPS: u32 = job::STEPS;

/// Nobody waits for SQLite to look at a million rows a thousand times.
const FEW_STEPS: u32 = 5;

pub fn measure(peer: &str, size_name: &str) -> Report {
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == size_name).expect("a size");
    let steps = match (peer, size_name) {
        ("sqlite", "1m" | "7m") => FEW_STEPS,
        _ => STEPS,
    };
    let measures = match peer {
        "ours" | "ours-2" => {
            let workers = if peer == "ours" { 1 } else { 2 };
            let mut job = ours::Ours::new(workers);
            let measures = measure_job(&mut job, size, steps);
            let mut report = report(&measures, steps);
            report.number("updates", job.updates());
            return report;
        }
        "by-hand" => by_hand::with_job(move |job| measure_job(job, size, steps)),
        "sqlite" => measure_job(&mut sqlite::Sqlite::new(), size, steps),
        "make" => return make::measure(size),
        other => panic!("{other} does not do the campaigns"),
    };
    report(&measures, steps)
}
