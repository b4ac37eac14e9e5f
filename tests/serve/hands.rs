//! What people do to a running server: pause, resume, waive, retry, and wait.

use nix::sys::signal::Signal;
use serde_json::Value as Json;

use crate::world::{World, until};

/// A pause holds actions and not looks, stays through a restart, and ends.
#[test]
fn pauses_hold_until_they_are_resumed() {
    let world = World::new();
    let mut server = world.serve(&[]);
    assert_eq!(world.done(&["pause", "csv"]), "goal csv: paused\n");
    world.want(&["501", "502"], ("2026-03-24", "2026-03-25"));
    until("all is ready", || world.done(&["list", "csv.ready"]).lines().count() == 4);
    let roots = world.done(&["why", "--roots"]);
    assert!(roots.contains("goal csv is paused\n  4 csv; 4 results wait for it\n"), "{roots}");
    server.kill();
    let _server = world.serve(&[]);
    let status = world.done(&["status"]);
    assert!(status.contains("paused: goal csv since 20"), "{status}");
    assert!(world.outcomes("csv(\"501\", 2026-03-24)").is_empty());

    assert_eq!(world.done(&["pause", "--pool", "sftp"]), "pool sftp: paused\n");
    assert_eq!(world.done(&["resume", "csv"]), "goal csv: goes on\n");
    assert_eq!(world.done(&["resume", "csv"]), "goal csv: nothing was paused\n");
    until("the pool keeps it", || {
        world.done(&["why", "--roots"]).contains("pool sftp is paused\n  4 csv")
    });
    world.done(&["resume", "--pool", "sftp"]);
    world.settle();
}

/// A pause of everything holds goals, too, that new rules bring.
#[test]
fn a_pause_of_everything_is_of_what_is_to_come() {
    let world = World::new();
    let server = world.serve(&[]);
    assert_eq!(world.done(&["pause"]), "everything: paused\n");
    let status = world.done(&["status"]);
    assert!(status.contains("paused: everything since 20"), "{status}");
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    let new = "goal extra(c: text) {\n    expect :- campaign(c).\n    \
               ok :- csv_file(c, _, 0).\n    action \"touch extra-{c}\" within 1m.\n}\n";
    world.write("campaigns.rules", &format!("{}\n{new}", world.read("campaigns.rules")));
    server.signal(Signal::SIGHUP);
    until("it is ready", || world.ended(&["list", "extra.ready"]).1 == "extra.ready(\"501\")\n");
    assert_eq!(world.done(&["list", "extra.attempt"]), "");
    assert_eq!(world.done(&["resume"]), "everything: goes on\n");
    until("it is tried", || world.path("extra-501").exists());
}

/// What is in flight cannot be talked away, nor another end of it told as a fact.
#[test]
fn attempts_in_flight_are_the_servers() {
    let world = World::new();
    world.write("network/seconds", "60\n");
    let _server = world.serve(&[]);
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    let csv = "csv(\"501\", 2026-03-24)";
    until("it is fetched", || world.outcomes(csv) == ["running"]);
    for line in ["-csv.attempt(\"501\", _, _, _, _, _, _)", "-csv.attempt(_, _, _, _, _, _, _)"] {
        let said = world.refused(1, &["tell", line]);
        let why = format!("an attempt of {csv} is in flight, and its row is the server's");
        assert!(said.contains(&why), "{said}");
    }
}

/// What many instances are meant by is said first; a waiver needs a reason, and settles.
#[test]
fn a_waiver_settles_what_is_missing() {
    let (world, _server) = World::with_campaigns(&[]);
    world.settle();
    world.want(&[], ("2026-03-24", "2026-03-26"));
    until("they are missing", || world.done(&["list", "results.missing"]).lines().count() == 2);
    let waive = |instances: &'static str, reason: &'static str| {
        ["waive", instances, "--until", "2999-01-01T00:00Z", "--reason", reason]
    };
    let pattern = "results(_, 2026-03-26)";
    let said = world.refused(1, &waive(pattern, "holiday"));
    assert!(said.contains("results(_, 2026-03-26) means 2 missing instances"), "{said}");
    let said = world.refused(1, &[&waive(pattern, " ")[..], &["--yes"]].concat());
    assert_eq!(said, "error: a waiver needs a reason\n");
    let done = world.done(&[&waive(pattern, "holiday")[..], &["--yes"]].concat());
    assert_eq!(done, "results(_, 2026-03-26): 2 waived until 2999-01-01T00:00Z\n");
    world.settle();
    let why = world.done(&["why", "results(\"501\", 2026-03-26)"]);
    assert!(why.contains("2026-03-26): waived") && why.contains(": holiday\n"), "{why}");
    let said = world.refused(1, &waive("results(_, 2026-03-24)", "late"));
    assert!(said.contains("nothing of it is missing (2 expected); nothing is done"), "{said}");
}

/// The end of a waiver is a moment, a day's beginning, or so long from now; and to come.
#[test]
fn a_waiver_ends() {
    let (world, _server) = World::with_campaigns(&[]);
    world.want(&[], ("2026-03-24", "2026-03-26"));
    until("they are missing", || world.done(&["list", "results.missing"]).lines().count() == 2);
    let waive = |end: &'static str| {
        ["waive", "results(\"501\", 2026-03-26)", "--until", end, "--reason", "holiday"]
    };
    let done = world.done(&waive("2999-01-02"));
    assert!(done.ends_with(": 1 waived until 2999-01-02T00:00Z\n"), "{done}");
    let other = |end: &'static str| {
        ["waive", "results(\"502\", 2026-03-26)", "--until", end, "--reason", "holiday"]
    };
    for (end, why) in [
        ("soon", "error: \"soon\" is no time; expected one such as 2026-03-25T08:00Z, a date, or"),
        ("2020-01-01", "error: 2020-01-01T00:00Z is over; a waiver needs an end that is still to"),
        ("0s", "is over; a waiver needs an end that is still to come"),
    ] {
        let said = world.refused(1, &other(end));
        assert!(said.contains(why), "{end}: {said}");
    }
    let done = world.done(&other("36500d"));
    assert!(done.contains(": 1 waived until 21"), "{done}");
}

/// A retry does not wait for the end of the back-off.
#[test]
fn a_retry_is_now() {
    let world = World::new();
    world.write("password", "guess\n");
    let rest = ("backoff 100ms..500ms, pool sftp", "backoff 1h..1h, pool sftp");
    world.replace("campaigns.rules", rest.0, rest.1);
    let _server = world.serve(&[]);
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    let csv = "csv(\"501\", 2026-03-24)";
    until("it fails", || world.done(&["why", csv]).contains("attempt 1 of 5 failed"));
    let password = world.read("network/password");
    world.write("password", &password);
    assert_eq!(world.done(&["retry", csv]), format!("{csv}: 1 to be tried again\n"));
    world.settle();
    assert_eq!(world.outcomes(csv), ["running", "failed", "running", "succeeded"]);
}

/// `wait` ends with 0, with 124 when the time is over, and at once when something is gone.
#[test]
fn waiting_ends() {
    let (world, _server) = World::with_campaigns(&[]);
    assert_eq!(world.done(&["wait", "results"]), "results: there, 4 expected\n");
    world.want(&[], ("2026-03-24", "2026-03-26"));
    assert_eq!(world.refused(124, &["wait", "results", "--timeout", "300ms"]), "");
    let said = world.refused(1, &["wait", "results(\"7\", 2026-03-24)"]);
    assert_eq!(said, "error: it is not expected, so that nothing brings it about\n");
    let said = world.refused(1, &["wait", "results(\"7\", _)"]);
    assert_eq!(said, "error: no such instance is expected, so that nothing brings it about\n");

    let never = ("echo \"no such file: $campaign-$day.csv\" >&2\n    exit 1", "exit 69");
    world.replace("bin/fetch-csv", never.0, never.1);
    world.done(&["retry", "csv(_, 2026-03-26)", "--yes"]);
    let said = world.refused(1, &["wait", "csv(\"501\", 2026-03-26)", "--timeout", "60s"]);
    let expected = "csv(\"501\", 2026-03-26): it can never be there; owed why tells why\n";
    assert_eq!(said, format!("error: {expected}"));
    world.refused(1, &["wait", "results", "--timeout", "60s"]);
}

/// Every answer is there for programs, too.
#[test]
fn answers_are_json_if_that_is_asked() {
    let (world, _server) = World::with_campaigns(&[]);
    world.settle();
    let csv = "csv(\"501\", 2026-03-24)";
    for arguments in [
        &["status"][..],
        &["why", csv],
        &["why", "--roots"],
        &["list", "campaign"],
        &["history", csv],
        &["wait", "results"],
        &["pause"],
        &["resume"],
        &["tell", "+campaign(\"501\")"],
        &["tell", "{\"insert\":\"campaign\",\"row\":{\"id\":\"501\"}}"],
    ] {
        let (command, rest) = arguments.split_first().expect("a command");
        let printed = world.done(&[&[command, "--output", "json"], rest].concat());
        assert!(!printed.is_empty(), "{arguments:?}");
        for line in printed.lines() {
            let json: Json = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            let is_versioned = json["schema_version"] == 1;
            let is_to_be = matches!(*command, "status" | "why");
            assert!(json.is_object() && is_versioned == is_to_be, "{arguments:?}: {line}");
        }
    }
}
