//! The campaigns job, whoever does it: what is there, what happens, and how it is timed.

use std::time::Instant;

/// How many campaigns, and how many days of each are wanted.
#[derive(Clone, Copy)]
pub struct Size {
    pub campaigns: u32,
    pub days: u32,
}

/// One implementation of the job. Every call returns once all that follows is known, and gives
/// how many rows of `missing` and `ready` have changed.
pub trait Job {
    /// Results and files as they were found: [`is_done`] and [`has_file`] say of which days.
    fn load_facts(&mut self, size: Size);
    /// Campaigns and days: now everything is expected.
    fn expect(&mut self, size: Size) -> usize;
    /// The results of these campaigns and days vanish, or are there again.
    fn change(&mut self, results: &[(u32, u32)], are_there: bool) -> usize;
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

pub const SIZES: [(&str, Size); 3] = [
    ("31k", Size { campaigns: 1_000, days: 31 }),
    ("1m", Size { campaigns: 1_000, days: 1_000 }),
    ("7m", Size { campaigns: 10_000, days: 730 }),
];

/// How often one result comes and goes.
pub const STEPS: u32 = 500;

/// What [`measure_job`] gives, in its order.
pub const MEASURES: [&str; 15] = [
    "load s",
    "load, processor s",
    "nothing p50 ms",
    "nothing p99 ms",
    "one fact p50 ms",
    "one fact p99 ms",
    "1,000 facts p50 ms",
    "1,000 facts p99 ms",
    "new campaign p50 ms",
    "new campaign p99 ms",
    "new day p50 ms",
    "new day p99 ms",
    "peak MiB",
    "changes of load",
    "changes",
];

/// Times of a kind of transaction, in milliseconds, and how many rows they changed.
#[derive(Default)]
struct Timed {
    times: Vec<f64>,
    changes: usize,
}

impl Timed {
    fn time(&mut self, work: impl FnOnce() -> usize) {
        let start = Instant::now();
        self.changes += work();
        self.times.push(start.elapsed().as_secs_f64() * 1e3);
    }

    fn percentiles(&mut self) -> [f64; 2] {
        self.times.sort_by(f64::total_cmp);
        [50, 99].map(|share| self.times[self.times.len() * share / 100])
    }
}

/// Loads, and then changes a result so many times, and the rest in proportion.
pub fn measure_job(job: &mut impl Job, size: Size, steps: u32) -> Vec<f64> {
    let (start, processor) = (Instant::now(), processor_s());
    job.load_facts(size);
    let loaded = job.expect(size);
    let load = [start.elapsed().as_secs_f64(), processor_s() - processor];
    let [mut nothing, mut one, mut many, mut campaign, mut day] =
        [const { Timed { times: Vec::new(), changes: 0 } }; 5];
    let results = |first: u32, count: u32| -> Vec<(u32, u32)> {
        (first..first + count)
            .map(|step| (step.wrapping_mul(7919) % size.campaigns, step % size.days))
            .filter(|(campaign, day)| is_done(*campaign, *day))
            .collect()
    };
    for step in 0..steps {
        let result = results(step, 1);
        if !result.is_empty() {
            one.time(|| job.change(&result, false));
            one.time(|| job.change(&result, true));
            nothing.time(|| job.change(&[], true));
        }
    }
    for step in 0..steps.div_ceil(25) {
        let results = results(steps + step * 1_000, 1_000);
        many.time(|| job.change(&results, false));
        many.time(|| job.change(&results, true));
    }
    for n in 0..steps.div_ceil(5) {
        campaign.time(|| job.add_campaign(size.campaigns + n));
    }
    for n in 0..steps.min(9) {
        day.time(|| job.grow_to(size.days + n + 1));
    }
    let mut measures = load.to_vec();
    let mut changes = loaded;
    for timed in [&mut nothing, &mut one, &mut many, &mut campaign, &mut day] {
        measures.extend(timed.percentiles());
        changes += timed.changes;
    }
    measures.extend([peak_mib(), loaded as f64, changes as f64]);
    measures
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("Linux says so");
    let kib: f64 =
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number of KiB");
    kib / 1024.0
}

/// What all threads have used so far: other work on the machine hardly shows in it.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = [11, 12].map(|at| fields[at].parse::<f64>().expect("a number"));
    ticks.iter().sum::<f64>() / 100.0
}
