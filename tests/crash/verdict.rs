//! What must hold after a server was killed.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::Value as Json;

use super::client::Client;
use super::life::Life;
use super::server::{Server, World, started_by, until};

/// What is compared with a cold start over the same facts.
const RELATIONS: [&str; 19] = [
    "want",
    "part",
    "note",
    "bell",
    "rang",
    "word",
    "made",
    "packed",
    "notes",
    "count",
    "thing.expected",
    "thing.ok",
    "thing.missing",
    "thing.attempt",
    "thing.state",
    "parcel.expected",
    "parcel.missing",
    "parcel.attempt",
    "parcel.state",
];

/// Starts the server again, and checks all of it; it is stopped in the end.
///
/// # Errors
/// What does not hold.
pub fn check(life: &mut Life, dead: u32) -> Result<(), String> {
    life.world.take_rules("crash.rules");
    // At once, as a service manager does.
    let mut server = Server::start(&life.world, &[], &[]);
    let mut client = server.connect().map_err(|_| "it does not start again".to_string())?;
    life.settle(&mut client)?;
    until("the end of what it started", || started_by(dead).is_empty().then_some(()))?;
    all_is_met(&mut client)?;
    is_as_from_cold(&life.world, &mut client)?;
    let doubles = life.world.read("doubles");
    if !doubles.is_empty() {
        return Err(format!("two at once: {doubles}"));
    }
    is_sound(&life.world)?;
    server.signal(Signal::SIGTERM);
    let ended = server.wait();
    if !ended.success() {
        return Err(format!("asked to stop, it ended with {ended}"));
    }
    let left = started_by(server.pid());
    if !left.is_empty() {
        return Err(format!("a server that was stopped left {left:?}"));
    }
    Ok(())
}

/// In the end nothing is missing, and nothing is tried any more.
pub fn all_is_met(client: &mut Client) -> Result<(), String> {
    let mut left = Vec::new();
    let met = until("all to be met", || {
        left.clear();
        for relation in ["thing.missing", "parcel.missing", "thing.attempt", "parcel.attempt"] {
            left.extend(client.list(relation).ok()??);
        }
        left.is_empty().then_some(())
    });
    let texts = left.iter().map(|row| row["text"].as_str().unwrap_or_default());
    met.map_err(|why| format!("{why}: {:?}", texts.collect::<Vec<_>>()))
}

/// Everything derived is what a fresh engine derives of the facts in the store.
fn is_as_from_cold(world: &World, client: &mut Client) -> Result<(), String> {
    let mut differs = String::new();
    let same = until("the state of a cold start", || {
        let cold = cold(world);
        let difference = RELATIONS.iter().find_map(|relation| {
            let rows = client.list(relation).ok()??;
            let warm = sorted(rows.iter().map(|row| &row["row"]));
            let cold = sorted(cold["lists"][relation].as_array()?.iter());
            (warm != cold).then(|| format!("{relation}: {warm:?}, and from cold {cold:?}"))
        });
        match difference {
            None => Some(()),
            Some(difference) => {
                differs = difference;
                None
            }
        }
    });
    match same {
        Ok(()) => Ok(()),
        Err(why) => Err(format!("{why}: {differs}")),
    }
}

fn cold(world: &World) -> Json {
    let lists = RELATIONS.iter().flat_map(|relation| ["--list", relation]);
    let arguments = ["plan", "crash.rules", "--data", "data", "--output", "json", "--limit", "0"];
    let arguments: Vec<&str> = arguments.into_iter().chain(lists).collect();
    let output = world.owed(&arguments, &[]);
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| {
        panic!("owed plan says {text} {}", String::from_utf8_lossy(&output.stderr))
    })
}

fn sorted<'a>(rows: impl Iterator<Item = &'a Json>) -> Vec<String> {
    let mut rows: Vec<String> = rows.map(Json::to_string).collect();
    rows.sort();
    rows
}

/// The store holds together, and its history leads to its facts.
pub fn is_sound(world: &World) -> Result<(), String> {
    let output = world.owed(&["store", "verify", "--data", "data"], &[]);
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stdout).into_owned()),
    }
}

/// The end of what the servers said.
pub fn last_words(world: &World) -> String {
    let log = fs::read_to_string(world.path().join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}
