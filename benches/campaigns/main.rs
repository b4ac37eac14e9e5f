//! What does the campaigns job cost, beside the same job written by hand on differential
//! dataflow with plain tuples?
//!
//! `cargo bench --bench campaigns -- [31k] [1m] [7m]` runs each size in a process of its own,
//! ours and by hand in turn, and prints the medians and their ratio.

mod by_hand;
mod ours;

use std::process::Command;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many campaigns, and how many days of each are wanted.
#[derive(Clone, Copy)]
pub struct Size {
    pub campaigns: u32,
    pub days: u32,
}

/// One implementation of the job. Every call returns once all that follows is known, and gives
/// how many rows of `missing` and `ready` have changed.
pub trait Job {
    /// Results and files as they were found: `is_done` and `has_file` say of which days.
    fn load_facts(&mut self, size: Size);
    /// Campaigns and days: now everything is expected.
    fn expect(&mut self, size: Size) -> usize;
    /// The results of one campaign and day vanish, or are there again.
    fn one_fact(&mut self, campaign: u32, day: u32, is_there: bool) -> usize;
    fn add_campaign(&mut self, campaign: u32) -> usize;
    /// The wanted range grows so that it has so many days.
    fn grow_to(&mut self, days: u32) -> usize;
}

/// Two of a hundred results are not there yet.
pub fn is_done(campaign: u32, day: u32) -> bool {
    !(campaign.wrapping_mul(31).wrapping_add(day.wrapping_mul(17))).is_multiple_of(50)
}

/// Of the rest, every other has its file.
pub fn has_file(campaign: u32, day: u32) -> bool {
    is_done(campaign, day) || campaign.wrapping_add(day).is_multiple_of(2)
}

const SIZES: [(&str, Size); 3] = [
    ("31k", Size { campaigns: 1_000, days: 31 }),
    ("1m", Size { campaigns: 1_000, days: 1_000 }),
    ("7m", Size { campaigns: 10_000, days: 730 }),
];

const MEASURES: [&str; 8] = [
    "load s",
    "one fact p50 ms",
    "one fact p99 ms",
    "new campaign ms",
    "new day ms",
    "peak MiB",
    "changes",
    "updates handled",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, job, size] = arguments.as_slice()
        && flag == "--measure"
    {
        return measure(job, size);
    }
    let wanted: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    for (name, size) in SIZES {
        if wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name) {
            compare(name, size);
        }
    }
}

/// Runs both jobs three times in turn and prints medians side by side.
fn compare(name: &str, size: Size) {
    let mut runs: [Vec<Vec<f64>>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..if size.campaigns > 1_000 { 1 } else { 3 } {
        for (job, runs) in ["ours", "by-hand"].into_iter().zip(&mut runs) {
            runs.push(run(job, name));
        }
    }
    let expected = size.campaigns * size.days;
    println!("\n{name}: {} campaigns × {} days = {expected} expected", size.campaigns, size.days);
    println!("{:<18}{:>14}{:>14}{:>9}", "", "owed", "by hand", "ratio");
    for (at, measure) in MEASURES.iter().enumerate() {
        let [ours, by_hand] = [0, 1].map(|job| median(runs[job].iter().map(|run| run[at])));
        println!("{measure:<18}{ours:>14.3}{by_hand:>14.3}{:>9.2}", ours / by_hand);
    }
}

fn run(job: &str, size: &str) -> Vec<f64> {
    let program = std::env::current_exe().expect("the bench has a path");
    let output = Command::new(program)
        .args(["--measure", job, size])
        .output()
        .expect("the bench can start itself");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{job} {size}: {}", String::from_utf8_lossy(&output.stderr));
    text.split_whitespace().map(|number| number.parse().expect("a measure")).collect()
}

fn measure(job: &str, size: &str) {
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == size).expect("a known size");
    let measures = match job {
        "ours" => {
            let mut job = ours::Ours::new();
            let mut measures = measure_job(&mut job, size);
            measures.push(job.updates());
            measures
        }
        _ => {
            let mut measures = by_hand::with_job(move |job| measure_job(job, size));
            measures.push(f64::NAN);
            measures
        }
    };
    let measures: Vec<String> = measures.iter().map(f64::to_string).collect();
    println!("{}", measures.join(" "));
}

fn measure_job(job: &mut impl Job, size: Size) -> Vec<f64> {
    let start = Instant::now();
    job.load_facts(size);
    let mut changes = job.expect(size);
    let load = start.elapsed().as_secs_f64();
    let mut one_fact = Vec::new();
    for step in 0..500u32 {
        let (campaign, day) = (step.wrapping_mul(7919) % size.campaigns, step % size.days);
        if is_done(campaign, day) {
            for is_there in [false, true] {
                let start = Instant::now();
                changes += job.one_fact(campaign, day, is_there);
                one_fact.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    let mut timed = |times: u32, work: &mut dyn FnMut(u32) -> usize| {
        let times = (0..times).map(|n| {
            let start = Instant::now();
            changes += work(n);
            start.elapsed().as_secs_f64() * 1e3
        });
        median(times)
    };
    let campaign = timed(9, &mut |n| job.add_campaign(size.campaigns + n));
    let day = timed(9, &mut |n| job.grow_to(size.days + n + 1));
    one_fact.sort_by(f64::total_cmp);
    let at = |share: usize| one_fact[one_fact.len() * share / 100];
    vec![load, at(50), at(99), campaign, day, peak_mib(), changes as f64]
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("Linux says so");
    let kib: f64 =
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of KiB");
    kib / 1024.0
}
