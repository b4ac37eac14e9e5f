//! How commands end when something is not as it should be.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;

use crate::world::{World, until};

/// A second server is told who has the store, and ends with 75; the first goes on.
#[test]
fn there_is_one_server_for_a_store() {
    let (world, server) = World::with_campaigns(&[]);
    let said = world.refused(75, &["serve", "campaigns.rules"]);
    let holder = format!("is held by process {}", server.id());
    assert!(said.contains(&holder), "{said}");
    let socket = ["serve", "campaigns.rules", "--data", "other", "--socket", "owed-data/socket"];
    let said = world.refused(75, &socket);
    assert!(said.contains("another server listens on owed-data/socket"), "{said}");
    world.settle();
}

/// What is no socket is not removed to make place for one.
#[test]
fn a_socket_takes_no_place_of_a_file() {
    let world = World::new();
    let said = world.refused(1, &["serve", "campaigns.rules", "--socket", "password"]);
    assert!(said.contains("password is no socket, and is left as it is"), "{said}");
    assert!(!world.read("password").is_empty());
    let long = "a".repeat(120);
    let said = world.refused(1, &["serve", "campaigns.rules", "--socket", &long]);
    assert!(said.contains("more than 107 bytes; give a shorter one with --socket"), "{said}");
    let said = world.refused(1, &["status", "--socket", &long]);
    assert!(said.contains("is too long for a socket"), "{said}");
}

/// The socket that a killed server left is no obstacle, and no server.
#[test]
fn a_socket_that_is_left_is_taken_over() {
    let world = World::new();
    let mut server = world.serve(&[]);
    server.kill();
    assert!(world.has("owed-data/socket"));
    let said = world.refused(1, &["status"]);
    assert!(said.starts_with("error: no server listens on owed-data/socket; start one"), "{said}");
    let _server = world.serve(&[]);
    world.done(&["status"]);
}

/// A server elsewhere is found by `--data`, `--socket` and `OWED_DATA`.
#[test]
fn servers_are_found() {
    let world = World::new();
    let _server = world.serve(&[]);
    let elsewhere = World::new();
    elsewhere.refused(1, &["status"]);
    let data = world.path("owed-data").display().to_string();
    elsewhere.done(&["status", "--data", &data]);
    elsewhere.done(&["status", "--socket", &format!("{data}/socket")]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_owed"));
    let ended = command.arg("status").env("OWED_DATA", &data).output().expect("it starts");
    assert_eq!(ended.status.code(), Some(0));
}

/// What is wrong is said with what could be meant.
#[test]
fn mistakes_are_named() {
    let (world, _server) = World::with_campaigns(&[]);
    for (arguments, said) in [
        (
            &["list", "csv.mising"][..],
            "there is no relation \"csv.mising\"; did you mean \"csv.missing\"?",
        ),
        (&["status", "cvs"], "there is no goal \"cvs\"; did you mean \"csv\"?"),
        (&["why", "csv(\"501\")"], "1 instead of 2 terms; expected csv(c: text, d: date)"),
        (&["why", "csv(_, 2026-03-24)"], "one instance is explained, and `_` is none"),
        (&["history", "csv(_, 2026-03-24)"], "the history is of one instance, and `_` is none"),
        (&["pause", "dependency"], "goal \"dependency\" has no action that could be paused"),
        (&["pause", "--pool", "stfp"], "there is no pool \"stfp\"; did you mean \"sftp\"?"),
        (&["watch", "nothing"], "there is no relation \"nothing\""),
        (&["tell", "campaign(\"7\")"], "refused: line 1: found `campaign` at character 1"),
        (&["tell", "begin", "+campaign(\"7\")"], "the transaction that began in line 1"),
        (
            &["tell", "begin", "+campaign(7)", "commit"],
            "of lines 1 to 3 is refused because of line 2",
        ),
    ] {
        let found = world.refused(1, arguments);
        assert!(found.contains(said), "{arguments:?}: {found}");
    }
    for arguments in [&["why"][..], &["tell"], &["tell", "--nonsense"], &["wait"]] {
        world.refused(64, arguments);
    }
    let said = world.refused(64, &["tell", "+campaign(\"7\")", "--output", "json"]);
    assert!(said.contains("'--output' stands behind a line"), "{said}");
    assert_eq!(world.done(&["list", "campaign", "7"]), "");
}

/// The end of a connection is not taken for the end of the answers.
#[test]
fn a_teller_is_not_left_in_the_dark() {
    let world = World::new();
    let listener = UnixListener::bind(world.path("socket")).expect("a socket");
    let dying = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody comes");
        let mut lines = BufReader::new(stream).lines();
        lines.find(|line| line.as_ref().is_ok_and(|line| line.starts_with('+')))
    });
    let said = world.refused(1, &["tell", "--socket", "socket", "+campaign(\"501\")"]);
    assert_eq!(said, "error: the server went away before it had answered everything\n");
    assert!(dying.join().expect("it ends").is_some());
}

/// Facts can be kept, read and planned with, beside a running server and without it.
#[test]
fn stores_are_looked_after() {
    let (world, mut server) = World::with_campaigns(&[]);
    world.settle();
    assert!(world.done(&["store", "verify"]).starts_with("sound: "));
    world.done(&["store", "snapshot", "kept.db"]);
    world.done(&["store", "export", "exported"]);
    let exported = world.read("exported/results_rows.csv");
    assert_eq!(exported.lines().count(), 5, "{exported}");
    let before = world.status()["now"].as_str().expect("a time").to_string();
    world.done(&["tell", "-campaign(\"502\")"]);
    until("it is withdrawn", || world.done(&["list", "results.state"]).lines().count() == 2);
    server.kill();
    let plan = |at: &[&str]| {
        let data = ["plan", "campaigns.rules", "--data", "owed-data", "--list", "results.expected"];
        world.done(&[&data[..], at].concat())
    };
    assert_eq!(plan(&[]).matches("results.expected(\"502\"").count(), 0);
    assert!(
        plan(&["--at", &before]).contains("results.expected(\"502\""),
        "{}",
        plan(&["--at", &before])
    );
    // The copy is a store like any other.
    fs::create_dir(world.path("copy")).expect("a folder");
    fs::rename(world.path("kept.db"), world.path("copy/owed.db")).expect("it is moved");
    assert!(world.done(&["store", "verify", "--data", "copy"]).starts_with("sound: "));
}
