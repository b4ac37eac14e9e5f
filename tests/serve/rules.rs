//! Rules that change while they are in force, and a server that only observes.

use nix::sys::signal::Signal;

use crate::world::{World, until};

const DAYS: &str = "\noutput days(c: text, n: int).\ndays(c, count()) :- results.expected(c, _).\n";

/// A file that changes is taken over; one with mistakes is shown, and the old rules stay.
#[test]
fn changed_rules_are_taken_over() {
    let (world, server) = World::with_campaigns(&[]);
    world.settle();
    let good = world.read("campaigns.rules");
    world.write("campaigns.rules", &format!("{good}{DAYS}"));
    until("they are in force", || server.log().contains("the new rules are in force"));
    assert_eq!(world.done(&["list", "days"]), "days(\"501\", 2)\ndays(\"502\", 2)\n");

    world.write("campaigns.rules", &format!("{good}{DAYS}goal broken("));
    let refused = "the new rules have errors; the old ones stay in force";
    until("they are refused", || server.log().contains(refused));
    assert!(server.log().contains("goal broken("), "{}", server.log());
    assert_eq!(world.done(&["list", "days", "501"]), "days(\"501\", 2)\n");
    // The old ones still do their work.
    world.remove("results/501-2026-03-24");
    until("the results are back", || world.has("results/501-2026-03-24"));

    world.write("campaigns.rules", &good);
    until("they are in force", || server.log().matches("the new rules are in force").count() == 2);
    let said = world.refused(1, &["list", "days"]);
    assert_eq!(said, "error: there is no relation \"days\"\n");
    world.settle();
}

/// An include that is missing or broken is waited for, where nothing else changes.
#[test]
fn a_broken_include_is_waited_for() {
    let (world, server) = World::with_campaigns(&[]);
    let refusals = || server.log().matches("the old ones stay in force").count();
    let good = world.read("campaigns.rules");
    world.write("campaigns.rules", &format!("{good}include \"days.rules\".\n"));
    until("it is missing", || refusals() == 1);
    assert!(server.log().contains("cannot read "), "{}", server.log());
    world.write("days.rules", "output days(");
    until("it is broken", || refusals() == 2);
    world.write("days.rules", DAYS);
    until("it is in force", || server.log().contains("the new rules are in force"));
    assert_eq!(world.done(&["list", "days"]), "days(\"501\", 2)\ndays(\"502\", 2)\n");
}

/// SIGHUP reads them again whatever their files look like.
#[test]
fn a_hangup_reads_the_rules_again() {
    let (world, server) = World::with_campaigns(&[]);
    for times in 1..=2 {
        server.signal(Signal::SIGHUP);
        until("they are in force", || {
            server.log().matches("the new rules are in force").count() == times
        });
    }
    world.settle();
}

/// A column more: facts that no longer fit are set aside and said, and come back.
#[test]
fn facts_that_no_longer_fit_are_set_aside() {
    let (world, server) = World::with_campaigns(&[]);
    world.settle();
    world.replace("campaigns.rules", "campaign(id: text)", "campaign(id: text, name: text)");
    world.replace("campaigns.rules", "campaign(c),", "campaign(c, _),");
    let aside = "column \"name\" is new: 2 facts set aside in the table owed_set_aside";
    until("they are set aside", || server.log().contains(aside));
    assert_eq!(world.done(&["list", "campaign"]), "");
    world.replace("campaigns.rules", "campaign(id: text, name: text)", "campaign(id: text)");
    world.replace("campaigns.rules", "campaign(c, _),", "campaign(c),");
    until("they are back", || world.done(&["list", "results.ok"]).lines().count() == 4);
}

/// It looks and derives; it never acts, whatever is ready.
#[test]
fn an_observer_never_acts() {
    let (world, server) = World::with_campaigns(&["--observe-only"]);
    until("all is ready", || world.done(&["list", "csv.ready"]).lines().count() == 4);
    world.write("landing/501-2026-03-24.csv", "by hand\n");
    until("it is seen", || {
        world.done(&["list", "results.ready"]) == "results.ready(\"501\", 2026-03-24)\n"
    });
    let why = world.done(&["why", "results(\"501\", 2026-03-24)"]);
    assert!(why.contains("not started: the server only observes"), "{why}");
    let status = world.done(&["status"]);
    assert!(status.contains("only observing: nothing is acted upon"), "{status}");
    world.write("results/501-2026-03-24", "1\n");
    world.done(&["wait", "results(\"501\", 2026-03-24)", "--timeout", "60s"]);
    for instance in ["csv(\"502\", 2026-03-24)", "results(\"501\", 2026-03-24)"] {
        assert!(world.outcomes(instance).is_empty());
    }
    assert!(!server.log().contains("attempt"), "{}", server.log());
}

/// With `--log json` every line is an object, those about new rules with mistakes too.
#[test]
fn a_log_for_programs_is_json() {
    let world = World::new();
    let server = world.serve(&["--log", "json"]);
    world.write("campaigns.rules", "goal broken(");
    until("they are refused", || server.log().contains("the old ones stay in force"));
    for line in server.log().lines() {
        let object: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(object["message"].is_string() && object["level"].is_string(), "{line}");
    }
}
