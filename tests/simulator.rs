//! Random worlds that misbehave, and a real machine in them, in virtual time. `OWED_SEED` is the
//! first world, `OWED_WORLDS` how many there are; a single one tells its story.

#[path = "simulator/mod.rs"]
mod simulator;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use simulator::world::World;

#[test]
fn worlds_that_misbehave_end_well() {
    let (first, count) = (number("OWED_SEED").unwrap_or(1), number("OWED_WORLDS"));
    let count = count.unwrap_or(if std::env::var_os("OWED_SEED").is_some() { 1 } else { WORLDS });
    let next = AtomicU64::new(0);
    let turns = AtomicU64::new(0);
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let play = || {
            let mut failed = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return failed;
                }
                match play(first + at, count == 1) {
                    Some(taken) => drop(turns.fetch_add(taken, Ordering::Relaxed)),
                    None => failed.push(first + at),
                }
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(play)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it catches")).collect()
    });
    println!("{count} worlds, {} turns", turns.into_inner());
    let again = failed.iter().map(|seed| format!("OWED_SEED={seed}")).collect::<Vec<_>>();
    assert!(failed.is_empty(), "{} of {count} worlds fail: {}", failed.len(), again.join(" "));
}

/// Plays a world; gives the turns that it took, if it ended well.
fn play(seed: u64, prints: bool) -> Option<u64> {
    let mut world = World::new(seed, prints);
    let turns = 50 + world.rng.u64(0..250);
    let played = catch_unwind(AssertUnwindSafe(|| world.play(turns)));
    if played.is_err() && !prints {
        println!("OWED_SEED={seed} fails; the end of its story:");
        let last = world.trace.len().saturating_sub(12);
        world.trace[last..].iter().for_each(|line| println!("{line}"));
    }
    played.ok().map(|()| world.turns)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number: {text}")))
}

/// As many as a laptop plays in a few seconds.
const WORLDS: u64 = 25;
