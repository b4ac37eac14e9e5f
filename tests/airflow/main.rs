//! `rules/airflow.rules` under `owed serve`. What stands in for Airflow is a small server that
//! speaks `/api/v1/dags/{dag_id}/dagRuns` as the OpenAPI description of Airflow 2 has it, and
//! whose runs go on when the test says so: no DAG is ever run here.

mod airflow;
#[path = "../common/served.rs"]
mod served;
#[path = "../wire/web.rs"]
#[expect(dead_code, reason = "what the tests of requests need beside")]
mod web;
mod world;

use std::collections::BTreeSet;

use airflow::{Airflow, TOKEN};
use world::{World, has_commands};

/// Days that are missing are started, once each; one that fails is started again; what somebody
/// else has started is left to them.
#[test]
fn runs_follow_from_what_is_missing() {
    if !has_commands(&["sh", "curl", "jq"]) {
        return;
    }
    let airflow = Airflow::start();
    let world = World::start(&airflow.url());
    // The 23rd is there. Requests for the others are on their way at the same time.
    world.until("two days are started", || {
        let days: BTreeSet<String> = airflow.days_posted().into_iter().collect();
        days.iter().eq(["2026-03-24", "2026-03-25"])
    });
    world.until("and are on their way", || world.rows("made.working").len() == 2);

    airflow.set_state("2026-03-24", "running");
    airflow.set_state("2026-03-25", "failed");
    world.until("it is seen to have failed", || world.rows("failed").len() == 1);
    world.until("that day is started again", || airflow.days_posted().len() == 3);
    assert_eq!(airflow.days_posted()[2], "2026-03-25");
    world.until("that is seen", || world.rows("failed").is_empty());

    world.finish(&airflow, "2026-03-24");
    world.finish(&airflow, "2026-03-25");
    world.settle();

    airflow.start_by_hand("2026-03-26");
    world.until("a run of somebody else is seen", || {
        world.rows("dag_run").iter().any(|row| row.contains("2026-03-26"))
    });
    world.want_to("2026-03-26");
    world.until("it is left to them", || world.rows("made.working").len() == 1);
    world.finish(&airflow, "2026-03-26");
    world.settle();

    assert_eq!(airflow.days_posted().len(), 3, "each day once, and one of them again");
    assert_eq!(airflow.refused(), [""; 0]);
    assert!(!world.log().contains(TOKEN));
}

/// A token that Airflow does not know: nothing is started, and it says why.
#[test]
fn airflow_refuses() {
    if !has_commands(&["sh", "curl", "jq"]) {
        return;
    }
    let airflow = Airflow::start();
    let world = World::start_with(&airflow.url(), "another-token");
    world.until("it says why", || {
        let status = world.owed(&["status"]);
        status.contains("401") && status.contains("dag_run")
    });
    // Whether somebody is on it is not known, so nobody is asked for anything.
    assert!(world.owed(&["why", "--roots"]).contains("dag_run"), "{}", world.log());
    assert_eq!(airflow.days_posted(), [""; 0]);
}
