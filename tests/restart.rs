//! A server that is killed at every one of its steps, before and after what follows from the step:
//! whenever it was, everything comes about in the end, and never twice at once.

mod world;

use std::path::Path;

use owed::model::Timestamp;
use owed::reconcile::Mode;
use world::manners::ActionManner;
use world::stage::{Crash, Stage};

#[test]
fn a_crash_at_any_step_changes_nothing_in_the_end() {
    let undisturbed = play(None);
    assert!(undisturbed > 10, "a story of {undisturbed} turns says little");
    for turn in 0..undisturbed {
        for crash in [Crash::BeforeEffects, Crash::AfterEffects] {
            play(Some((turn, crash)));
        }
    }
}

/// Two files are fetched and loaded; gives the number of turns that it took.
fn play(crash: Option<(usize, Crash)>) -> usize {
    let rules = Path::new("tests/reconcile/campaigns.rules");
    let mut stage = Stage::new(rules, moment("2026-03-26T08:00Z"), Mode::Act);
    stage.crash = crash;
    let makes = |fact: &str| ActionManner { makes: vec![fact.to_string()], ..Default::default() };
    stage.actions.insert("csv".to_string(), makes("csv_file({c}, {d}, 100)"));
    stage.actions.insert("results".to_string(), makes("results_rows({c}, {d}, 7)"));
    let ready = stage.fact("dependency_ready(2026-03-25)");
    stage.truth.insert(ready);
    let told = ["+campaign(\"501\")", "+campaign(\"502\")", "+wanted(2026-03-25, 2026-03-25)"];
    // What is not acknowledged is told again.
    for line in told {
        stage.tell(&[line.to_string()]);
        stage.tell(&[line.to_string()]);
    }
    stage.run_until(moment("2026-03-26T08:30Z"));
    let turns = stage.turns;
    let states = stage.rows("results.state");
    let shown = format!("{crash:?}\n{}\n{states:?}", stage.trace);
    assert_eq!(states.len(), 2, "{shown}");
    for row in states {
        assert!(row.iter().any(|value| value.to_string() == "\"ok\""), "{shown}");
    }
    for left in ["results.attempt", "csv.attempt"] {
        assert!(stage.rows(left).is_empty(), "{shown}");
    }
    assert!(stage.running.is_empty(), "{shown}");
    turns
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_else(|why| panic!("{text}: {why:?}"))
}
