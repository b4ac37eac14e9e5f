//! A chain of goals, each of which needs the next, over 10,000 instances that are all there. One
//! of them goes and comes back; what anybody acts upon, `missing` and `ready`, is watched.

mod by_hand;
mod ours;

use std::time::Instant;

use harness::{Fact, Memory, Random, Report, Totals, processor_ms};

/// By goal, `2 * goal` for missing and one more for ready; the instance; and how often it came.
type Changes = Vec<(usize, Fact, i64)>;

/// One implementation of a chain.
trait Chain {
    /// All instances are expected of the first goal, and ok of every one.
    fn load(&mut self, instances: i32) -> Changes;
    /// The fact that this instance of a goal is ok goes or comes back.
    fn change(&mut self, goal: usize, instance: i32, is_ok: bool) -> Changes;
    fn nothing(&mut self) -> Changes;
}

pub const INSTANCES: i32 = 10_000;

/// Changes of any goals, by which the two are compared.
const COMPARED: usize = 300;
const ROUNDS: i32 = 200;

pub fn measure(peer: &str, goals: usize, instances: i32) -> Report {
    let memory = Memory::start();
    let start = Instant::now();
    match peer {
        "ours" => measure_chain(&mut ours::Ours::new(goals), goals, instances, start, memory),
        "by-hand" => by_hand::with_chain(goals, move |chain| {
            measure_chain(chain, goals, instances, start, memory)
        }),
        other => panic!("{other} has no goals"),
    }
}

/// Instance numbers as two columns.
fn pair(instance: i32) -> [i32; 2] {
    [instance / 31, instance % 31]
}

fn measure_chain(
    chain: &mut impl Chain,
    goals: usize,
    instances: i32,
    start: Instant,
    memory: Memory,
) -> Report {
    let mut report = Report::default();
    let mut totals = Totals::new(goals * 2);
    let tell = |totals: &mut Totals, changes: Changes| {
        changes.into_iter().for_each(|(output, row, count)| totals.add(output, row, count));
        totals.turn();
    };
    tell(&mut totals, chain.load(instances));
    report.number("load", start.elapsed().as_secs_f64() * 1e3);
    let [mut one, mut empty] = [const { Vec::new() }; 2];
    let processor = processor_ms();
    for round in 0..ROUNDS {
        for is_ok in [false, true] {
            let start = Instant::now();
            let changes = chain.change(0, round * 7 % instances, is_ok);
            one.push(start.elapsed().as_secs_f64() * 1e3);
            tell(&mut totals, changes);
        }
        let start = Instant::now();
        let changes = chain.nothing();
        empty.push(start.elapsed().as_secs_f64() * 1e3);
        tell(&mut totals, changes);
    }
    let transactions = (one.len() + empty.len()) as f64;
    report.number("each-processor", (processor_ms() - processor) / transactions);
    report.times("one", &mut one);
    report.times("empty", &mut empty);
    report.number("peak", memory.peak_mib());
    compare_any(chain, goals, instances, &mut |changes| tell(&mut totals, changes));
    report.total("after", &totals);
    report
}

/// Facts of any goals go, and most come back, so that chains are missing to all depths.
fn compare_any(
    chain: &mut impl Chain,
    goals: usize,
    instances: i32,
    tell: &mut dyn FnMut(Changes),
) {
    let mut random = Random::new(8);
    let mut gone = std::collections::BTreeSet::new();
    for _ in 0..COMPARED {
        let changed = (random.below(goals as i32) as usize, random.below(instances.min(20)));
        let is_ok = gone.remove(&changed);
        if !is_ok {
            gone.insert(changed);
        }
        tell(chain.change(changed.0, changed.1, is_ok));
    }
}
