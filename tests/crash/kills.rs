//! Servers that are killed at any moment under load, again and again over the same facts.

use std::time::Duration;

use fastrand::Rng;

use super::client::Gone;
use super::jobs::in_parallel;
use super::life::Life;
use super::server::{Server, kill_process, seed};
use super::verdict::{check, last_words};

/// So many worlds, and so many kills in each.
const WORLDS: u64 = 3;
const ROUNDS: u64 = 7;

pub fn at_any_moment() {
    let seed = seed();
    let seeds: Vec<u64> = (0..WORLDS).map(|world| seed.wrapping_add(world)).collect();
    println!("OWED_SEED={seed}");
    let results = in_parallel(&seeds, |seed| {
        let mut life = Life::new(*seed);
        let mut random = Rng::with_seed(*seed);
        for round in 0..ROUNDS {
            kill(&mut life, Duration::from_micros(random.u64(..1_500_000)))
                .map_err(|why| format!("round {round}: {why}\n{}", last_words(&life.world)))?;
        }
        Ok::<(), String>(())
    });
    let failed = results.iter().filter_map(|result| result.as_ref().err()).collect::<Vec<_>>();
    failed.iter().for_each(|why| println!("{why}"));
    println!(
        "random kills: {} of {WORLDS} worlds, {ROUNDS} kills each",
        seeds.len() - failed.len()
    );
    assert!(failed.is_empty(), "OWED_SEED={seed} fails");
}

/// Lets a server work until a moment, and kills it in the middle of whatever it does.
fn kill(life: &mut Life, after: Duration) -> Result<(), String> {
    let mut server = Server::start(&life.world, &[], &[]);
    let pid = server.pid();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(after);
            kill_process(pid);
        });
        let mut work = || -> Result<(), Gone> {
            let mut clients = [server.connect()?, server.connect()?];
            loop {
                life.load(&mut clients, 5)?;
            }
        };
        let Err(Gone) = work() else { unreachable!("it works until it is killed") };
    });
    if !server.was_killed() {
        return Err("it ended by itself".to_string());
    }
    check(life, pid)
}
