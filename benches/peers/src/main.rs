//! Ours beside its peers: the same programs, the same data, the same totals. What it prints is
//! told in the `README.md` beside it.

mod ascent;
mod bars;
mod by_hand;
mod campaigns;
mod expiry;
mod goals;
mod names;
mod ours;
mod outside;
mod process;
mod runs;
mod subjects;
mod table;

use std::process::ExitCode;

use harness::{Report, Scale, Workload, measure, measure_batch, touch_memory};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: peers [--quick] [--runs N] [--resume] [SUBJECT…]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, peer, subject, scale] = arguments.as_slice()
        && flag == "--measure"
    {
        if peer.starts_with("ours") {
            // As the program does.
            owed::memory::start_small();
        }
        let scale = if scale == "quick" { Scale::Quick } else { Scale::Full };
        print!("{}", measure_one(peer, subject, scale));
        return ExitCode::SUCCESS;
    }
    if arguments == ["--warm-up"] {
        touch_memory();
        return ExitCode::SUCCESS;
    }
    let Some(wish) = runs::Wish::parse(&arguments) else {
        eprintln!("{USAGE}\nsubjects: {}", subjects::names().join(" "));
        return ExitCode::from(64);
    };
    let found = runs::run_all(&wish);
    println!("{}", table::show(&found));
    println!("{}", bars::show(&found));
    let disagreements = found.disagreements();
    for disagreement in &disagreements {
        eprintln!("error: {disagreement}");
    }
    if disagreements.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What a process of its own does.
fn measure_one(peer: &str, subject: &str, scale: Scale) -> Report {
    let quick = scale == Scale::Quick;
    if let Some(size) = subject.strip_prefix("campaigns-") {
        return campaigns::measure(peer, size);
    }
    if let Some(count) = subject.strip_prefix("goals-") {
        let instances = if quick { goals::INSTANCES / 10 } else { goals::INSTANCES };
        return goals::measure(peer, count.parse().expect("a number of goals"), instances);
    }
    match subject {
        "expiry" => return expiry::measure(peer, if quick { 100_000 } else { 1_000_000 }),
        "expiry-small" => return expiry::measure(peer, 1_000),
        "names" => return names::measure(),
        "start" => return process::measure_start(),
        "idle" => return process::measure_idle(),
        _ => {}
    }
    let workload = Workload::new(subject, scale);
    match peer {
        "ours" => measure(&workload, || ours::Ours::new(&workload, 1)),
        "ours-2" => measure(&workload, || ours::Ours::new(&workload, 2)),
        "by-hand" => by_hand::measure_by_hand(workload),
        "ascent" => measure_batch(&workload, ascent::run),
        other => panic!("{other} does not run {subject}"),
    }
}
