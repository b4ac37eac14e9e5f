//! The five questions of the campaigns, asked by moving files and telling facts.

use crate::world::{World, until};

const ONCE: [&str; 2] = ["running", "succeeded"];

/// A new day, a longer range, a new campaign: what is new is brought about, and nothing else.
#[test]
fn what_is_new_is_brought_about_once() {
    let (world, _server) = World::with_campaigns(&[]);
    world.settle();
    assert_eq!(world.read("results/502-2026-03-25").trim(), "3");

    world.write("network/501-2026-03-23.csv", "a\nb\n");
    world.write("network/502-2026-03-23.csv", "a\n");
    world.write("dependency/2026-03-23", "");
    world.want(&[], ("2026-03-23", "2026-03-25"));
    world.settle();
    assert_eq!(world.read("results/501-2026-03-23").trim(), "2");

    for day in ["2026-03-23", "2026-03-24", "2026-03-25"] {
        world.write(&format!("network/1001-{day}.csv"), "a\nb\nc\nd\n");
    }
    world.want(&["1001"], ("2026-03-23", "2026-03-25"));
    world.settle();
    assert_eq!(world.read("results/1001-2026-03-23").trim(), "4");
    let progress = world.done(&["list", "progress"]);
    assert_eq!(progress.matches(", 3, 3)").count(), 3, "{progress}");

    // Nothing was done twice.
    for day in ["2026-03-24", "2026-03-25"] {
        assert_eq!(world.outcomes(&format!("csv(\"501\", {day})")), ONCE);
        assert_eq!(world.outcomes(&format!("results(\"501\", {day})")), ONCE);
    }
}

/// Results that somebody deletes come back; the file that is still there is not fetched again.
#[test]
fn results_deleted_by_hand_come_back() {
    let (world, _server) = World::with_campaigns(&[]);
    world.settle();
    world.remove("results/501-2026-03-24");
    until("the results are back", || world.has("results/501-2026-03-24"));
    world.settle();
    assert_eq!(world.outcomes("results(\"501\", 2026-03-24)"), [ONCE, ONCE].concat());
    assert_eq!(world.outcomes("csv(\"501\", 2026-03-24)"), ONCE);

    // Without its file, that is fetched first.
    world.remove("landing/502-2026-03-25.csv");
    world.remove("results/502-2026-03-25");
    until("the results are back", || world.has("results/502-2026-03-25"));
    world.settle();
    assert_eq!(world.outcomes("csv(\"502\", 2026-03-25)"), [ONCE, ONCE].concat());
}

/// A file that the network does not have is put there by hand, and that is as good.
#[test]
fn a_file_put_there_by_hand_counts() {
    let (world, _server) = World::with_campaigns(&[]);
    world.settle();
    world.write("dependency/2026-03-26", "");
    world.want(&[], ("2026-03-24", "2026-03-26"));
    let missing = "csv(\"501\", 2026-03-26)";
    until("it fails", || world.done(&["why", missing]).contains("exit 1: no such file"));
    world.write("landing/501-2026-03-26.csv", "by hand\n");
    world.done(&["wait", "results(\"501\", 2026-03-26)", "--timeout", "60s"]);
    assert_eq!(world.read("results/501-2026-03-26").trim(), "1");
    let history = world.done(&["history", missing]);
    assert!(history.contains("check csv\n    +csv_file(\"501\", 2026-03-26, 8)"), "{history}");
}

/// Results wait for the other department, and say so; nobody here does anything about it.
#[test]
fn the_other_department_is_late() {
    let world = World::new();
    world.remove("dependency/2026-03-25");
    let _server = world.serve(&[]);
    world.want(&["501", "502"], ("2026-03-24", "2026-03-25"));
    world.done(&["wait", "results(_, 2026-03-24)", "--timeout", "60s"]);
    world.done(&["wait", "csv(_, 2026-03-25)", "--timeout", "60s"]);

    until("the rest is seen to wait", || {
        world.done(&["list", "results.waiting"]).lines().count() == 2
    });
    let roots = world.done(&["why", "--roots"]);
    assert!(
        roots.contains(
            "3 missing instances: 2 results, 1 dependency\n\n\
             waiting for the world: dependency has no action\n  \
             1 dependency; 2 results wait for it\n  dependency(2026-03-25)\n"
        ),
        "{roots}"
    );
    let why = world.done(&["why", "results(\"501\", 2026-03-25)"]);
    assert!(why.contains("needs dependency(2026-03-25): waiting"), "{why}");
    assert!(why.contains("not ok: there is no dependency_ready(2026-03-25)"), "{why}");
    // People do not read fractions of seconds.
    let first = why.lines().next().expect("there is one");
    assert!(first.starts_with("now 20") && !first.contains('.'), "{first}");
    assert!(world.outcomes("results(\"501\", 2026-03-25)").is_empty());

    world.write("dependency/2026-03-25", "");
    world.settle();
    assert_eq!(world.done(&["why", "--roots"]).lines().last(), Some("nothing is missing"));
}
