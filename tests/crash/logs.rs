//! A server that was killed, and whose log was damaged before it starts again: it has the facts
//! of some moment since its log was last brought in, or says what is wrong; it invents nothing.

use std::fs;

use fastrand::Rng;

use super::jobs::in_parallel;
use super::ledger::Facts;
use super::life::{Life, facts};
use super::server::{Server, World, kill_process, seed};
use super::verdict::{is_sound, last_words};

const WORLDS: u64 = 3;
const COPIES: u64 = 8;

const LOG: &str = "owed.db-wal";

/// A shorter log shows little.
const LOG_MIN: u64 = 100_000;

/// A machine that is fast commits much at once, and so writes little each time.
const LOADS_MAX: usize = 100;

pub fn damaged_at_their_end() {
    let seed = seed();
    println!("OWED_SEED={seed}");
    let seeds: Vec<u64> = (0..WORLDS).map(|world| seed.wrapping_add(world)).collect();
    let results = in_parallel(&seeds, |seed| try_copies(*seed));
    let (mut good, mut refused, mut cut) = (0, 0, 0);
    for result in results {
        match result {
            Ok([whole, less, damaged]) => {
                (good, cut, refused) = (good + whole, cut + less, refused + damaged);
            }
            Err(why) => panic!("OWED_SEED={seed}: {why}"),
        }
    }
    println!("damaged logs: {good} gave all, {cut} gave what was before, {refused} were refused");
    assert!(cut > 0, "damage takes something away");
}

/// How many copies had everything, had something of it, and were refused.
fn try_copies(seed: u64) -> Result<[usize; 3], String> {
    let mut life = Life::new(seed);
    let since =
        write_log(&mut life).map_err(|why| format!("{why}\n{}", last_words(&life.world)))?;
    let mut random = Rng::with_seed(seed);
    let mut counts = [0; 3];
    for _ in 0..COPIES {
        counts[try_copy(&life, since, &mut random)?] += 1;
    }
    Ok(counts)
}

/// Leaves a long log; gives what each client knew when it was last brought in.
fn write_log(life: &mut Life) -> Result<[usize; 2], String> {
    let mut server = Server::start(&life.world, &[], &[]);
    let gone = |_| "the server is gone".to_string();
    let mut clients = [server.connect().map_err(gone)?, server.connect().map_err(gone)?];
    life.load(&mut clients, 20).map_err(gone)?;
    kill_process(server.pid());
    server.wait();
    // The next one brings the log in before it serves.
    let mut server = Server::start(&life.world, &[], &[]);
    let mut clients = [server.connect().map_err(gone)?, server.connect().map_err(gone)?];
    life.settle(&mut clients[0])?;
    let since = [0, 1].map(|at| life.ledgers[at].past.len() - 1);
    let log = life.world.data().join(LOG);
    for loads in 0..LOADS_MAX {
        let is_long = fs::metadata(&log).is_ok_and(|log| log.len() > LOG_MIN);
        if loads >= 4 && is_long {
            break;
        }
        life.load(&mut clients, 5).map_err(gone)?;
    }
    kill_process(server.pid());
    server.wait();
    Ok(since)
}

/// Whether a copy had everything, had something of it, or was refused.
fn try_copy(life: &Life, since: [usize; 2], random: &mut Rng) -> Result<usize, String> {
    let copy = life.world.copied();
    damage(&copy, random);
    let told = [0, 1].map(|at| &life.ledgers[at].past[since[at]..]);
    check(&copy, told).map_err(|why| format!("{why}\n{}", last_words(&copy)))
}

/// The last bytes are missing, or are others, or more come.
fn damage(world: &World, random: &mut Rng) {
    let path = world.data().join(LOG);
    let mut log = fs::read(&path).expect("a server that was killed leaves its log");
    assert!(log.len() as u64 > LOG_MIN, "a log of {} bytes shows little", log.len());
    let tail = log.len() - random.usize(1..log.len() / 2);
    match random.u8(..3) {
        0 => log.truncate(tail),
        1 => {
            let end = log.len();
            (0..3).for_each(|_| log[random.usize(tail..end)] ^= 1 << random.u8(..8));
        }
        _ => log[tail..].fill_with(|| random.u8(..)),
    }
    fs::write(path, log).expect("there is room");
}

fn check(world: &World, told: [&[Facts]; 2]) -> Result<usize, String> {
    let mut server = Server::start(world, &["--observe-only"], &[]);
    let Ok(mut client) = server.connect() else {
        let says = world.read("log");
        let is_said = server.wait().code() == Some(1) && says.contains("the store is damaged");
        return if is_said { Ok(2) } else { Err("it does not start, nor say why".to_string()) };
    };
    let there = facts(&mut client)?;
    is_sound(world)?;
    server.signal(nix::sys::signal::Signal::SIGTERM);
    server.wait();
    for (there, past) in there.iter().zip(told) {
        if !past.contains(there) {
            return Err(format!("this was never there: {there:?}"));
        }
    }
    let is_whole = there.iter().zip(told).all(|(there, past)| past.last() == Some(there));
    Ok(usize::from(!is_whole))
}
