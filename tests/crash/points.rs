//! Each crash point: that it is in the sources, that a server passes it, and that it may die
//! there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

use owed::model::CRASH_POINTS;

use super::jobs::in_parallel;
use super::life::Life;
use super::server::{Server, World, seed};
use super::verdict::{check, last_words};

/// The list of all names is that of the places in the sources.
pub fn every_listed_point_is_in_the_sources() {
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found.sort();
    assert_eq!(found, CRASH_POINTS, "the list is sorted, and each name stands in one place");
    assert!(found.len() >= 40);
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            walk(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let calls = text.split("crash_point(\"").skip(1);
            found.extend(calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_string())));
        }
    }
}

/// Kills a server at each point the first time that it is passed, and some later time.
pub fn at_every_point(wanted: Option<&str>) {
    let began = Instant::now();
    let passed = passed_in_a_life();
    let seed = seed();
    println!("OWED_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut kills = Vec::new();
    for name in CRASH_POINTS {
        let times = passed.get(*name).copied().unwrap_or_default();
        assert!(times > 0, "{name} is passed by nobody");
        kills.push((*name, 1, random.u64(..)));
        // No life is like another: a later time may never come, but most do.
        if times >= 8 {
            kills.push((*name, random.u64(2..=times / 4), random.u64(..)));
        }
    }
    if let Some(wanted) = wanted {
        let (name, times) = wanted.split_once(':').unwrap_or((wanted, ""));
        kills.retain(|(other, _, _)| other.starts_with(name));
        if let Ok(times) = times.parse() {
            kills.iter_mut().for_each(|(_, n, _)| *n = times);
        }
        assert!(!kills.is_empty(), "there is no crash point {wanted}");
    }
    let results = in_parallel(&kills, |kill| kill_at(*kill));
    let (mut failed, mut count) = (BTreeSet::new(), 0);
    for ((name, times, _), result) in kills.iter().zip(results) {
        let why = match result {
            Ok(Killed::Yes) => {
                count += 1;
                continue;
            }
            Ok(Killed::NotPassed) if *times > 1 => continue,
            Ok(Killed::NotPassed) => "it was not passed".to_string(),
            Err(why) => why,
        };
        println!("crash point {name}:{times}: {why}");
        failed.insert(*name);
    }
    let all = kills.iter().map(|(name, _, _)| name).collect::<BTreeSet<_>>().len();
    let (good, took) = (all - failed.len(), began.elapsed().as_secs());
    println!("crash points: {good} of {all} ({count} kills in {took}s)");
    assert!(failed.is_empty(), "OWED_SEED={seed} fails at {failed:?}");
    assert!(count * 10 >= kills.len() * 9, "of {} kills only {count} came about", kills.len());
}

/// How often each point is passed in a life that nobody ends.
fn passed_in_a_life() -> BTreeMap<String, u64> {
    let mut life = Life::new(1);
    let trace = life.world.path().join("trace").display().to_string();
    let environment = [("OWED_CRASH_TRACE", trace.as_str())];
    let mut server = Server::start(&life.world, HISTORY, &environment);
    let lived = life.live(&mut server);
    assert!(lived.is_ok(), "{}", last_words(&life.world));
    let written = life.world.owed(SNAPSHOT, &environment);
    assert!(written.status.success(), "{written:?}");
    let mut passed = BTreeMap::new();
    for name in life.world.read("trace").lines() {
        *passed.entry(name.to_string()).or_default() += 1;
    }
    passed
}

const HISTORY: &[&str] = &["--history", "100ms"];
const SNAPSHOT: &[&str] = &["store", "snapshot", "--data", "data", "snapshot.db"];

/// Whether the server died where it should.
enum Killed {
    Yes,
    NotPassed,
}

fn kill_at((name, times, seed): (&str, u64, u64)) -> Result<Killed, String> {
    let mut life = Life::new(seed);
    let point = format!("{name}:{times}");
    let environment = [("OWED_CRASH_POINT", point.as_str())];
    let result = if name.starts_with("store.snapshot.") {
        kill_snapshot(&mut life, &environment)
    } else {
        let options = if name.starts_with("store.forget.") { HISTORY } else { &[] };
        let mut server = Server::start(&life.world, options, &environment);
        match life.live(&mut server) {
            Ok(()) => Ok(Killed::NotPassed),
            Err(_) if server.was_killed() => check(&mut life, server.pid()).map(|()| Killed::Yes),
            Err(_) => Err("it ended by itself".to_string()),
        }
    };
    result.map_err(|why| format!("{why}\n{}", last_words(&life.world)))
}

/// The one that copies the store dies; the server does not notice.
fn kill_snapshot(life: &mut Life, environment: &[(&str, &str)]) -> Result<Killed, String> {
    let mut server = Server::start(&life.world, &[], &[]);
    let mut live = || {
        let mut clients = [server.connect()?, server.connect()?];
        life.load(&mut clients, 12)?;
        let copied = life.world.owed(SNAPSHOT, environment);
        life.load(&mut clients, 12)?;
        Ok(copied)
    };
    let copied = live().map_err(|_: super::client::Gone| "the server has ended".to_string())?;
    if copied.status.code().is_some() {
        return Ok(Killed::NotPassed);
    }
    server.signal(nix::sys::signal::Signal::SIGKILL);
    server.wait();
    check(life, server.pid())?;
    let world: &World = &life.world;
    let again = world.owed(&["store", "snapshot", "--data", "data", "another.db"], &[]);
    match again.status.success() {
        true => Ok(Killed::Yes),
        false => Err(String::from_utf8_lossy(&again.stderr).into_owned()),
    }
}
