//! What does the campaigns job cost, beside the same job written by hand on differential
//! dataflow with plain tuples?
//!
//! `cargo bench --bench campaigns -- [31k] [1m] [7m]` runs each size in a process of its own,
//! ours and by hand in turn, and prints the medians and their ratio. `--workers 2` gives ours
//! two workers.

mod by_hand;
mod job;
mod ours;

use std::process::Command;

use job::{MEASURES, SIZES, STEPS, Size, measure_job};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, job, size, workers] = arguments.as_slice()
        && flag == "--measure"
    {
        return measure(job, size, workers.parse().expect("a number of workers"));
    }
    let mut wanted = arguments.clone();
    let mut workers = 1;
    if let Some(at) = wanted.iter().position(|argument| argument == "--workers") {
        assert!(at + 1 < wanted.len(), "--workers takes a number");
        let number = wanted.drain(at..at + 2).next_back().expect("two arguments");
        workers = number.parse().expect("a number of workers");
    }
    wanted.retain(|argument| !argument.starts_with('-'));
    for (name, size) in SIZES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            compare(name, size, workers);
        }
    }
}

/// Runs both jobs three times in turn and prints medians side by side.
fn compare(name: &str, size: Size, workers: usize) {
    let mut runs: [Vec<Vec<f64>>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..if size.campaigns > 1_000 { 1 } else { 3 } {
        for (job, runs) in ["ours", "by-hand"].into_iter().zip(&mut runs) {
            runs.push(run(job, name, workers));
        }
    }
    let expected = size.campaigns * size.days;
    println!("\n{name}: {} campaigns × {} days = {expected} expected", size.campaigns, size.days);
    println!("{:<20}{:>14}{:>14}{:>9}", "", "owed", "by hand", "ratio");
    for (at, measure) in MEASURES.into_iter().chain(["updates handled"]).enumerate() {
        let [ours, by_hand] = [0, 1].map(|job| median(runs[job].iter().map(|run| run[at])));
        println!("{measure:<20}{ours:>14.3}{by_hand:>14.3}{:>9.2}", ours / by_hand);
    }
}

fn run(job: &str, size: &str, workers: usize) -> Vec<f64> {
    let program = std::env::current_exe().expect("the bench has a path");
    let output = Command::new(program)
        .args(["--measure", job, size, &workers.to_string()])
        .output()
        .expect("the bench can start itself");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{job} {size}: {}", String::from_utf8_lossy(&output.stderr));
    text.split_whitespace().map(|number| number.parse().expect("a measure")).collect()
}

fn measure(job: &str, size: &str, workers: usize) {
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == size).expect("a known size");
    let measures = match job {
        "ours" => {
            let mut job = ours::Ours::new(workers);
            let mut measures = measure_job(&mut job, size, STEPS);
            measures.push(job.updates());
            measures
        }
        _ => {
            let mut measures = by_hand::with_job(move |job| measure_job(job, size, STEPS));
            measures.push(f64::NAN);
            measures
        }
    };
    let measures: Vec<String> = measures.iter().map(f64::to_string).collect();
    println!("{}", measures.join(" "));
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
