//! What an action has done is judged by what sources say, once they have been asked again.

use crate::world::{World, until};

/// An action is judged by a reading that began after its end: one that is slow, and on its way
/// already, has not seen what was done, and nothing is done twice for it.
#[test]
fn a_reading_that_began_before_judges_nothing() {
    let world = World::with_rules(
        "
        input wanted(n: int).
        observe made(n: int) from exec \"./made\" every 1s.
        pool one limit 1.
        goal thing(n: int) {
            expect :- wanted(n).
            ok     :- made(n).
            action \"./make {n}\" within 1m, backoff 1s..1s, pool one.
        }
        ",
    );
    world.script("made", "echo n; cat things 2>/dev/null; sleep 0.4");
    world.script("make", "sleep 0.1; echo \"$1\" >> things");
    let server = world.serve(&[]);
    let things: Vec<String> = (1..=6).map(|n| format!("+wanted({n})")).collect();
    let lines: Vec<&str> = ["tell"].into_iter().chain(things.iter().map(String::as_str)).collect();
    world.done(&lines);
    world.done(&["wait", "thing", "--timeout", "60s"]);
    let log = server.log();
    assert!(!log.contains("still missing"), "{log}");
    assert_eq!(world.read("things").lines().count(), 6, "each once");
}

/// Where several sources stand behind an `ok`, also through a rule, an action is judged when all
/// of them were read since its end: the quick one does not speak for the slow one. And all of them
/// are read at once then, so that what has done nothing is found out.
#[test]
fn all_sources_judge_together() {
    let world = World::with_rules(
        "
        input wanted(n: int).
        observe made(n: int) from exec \"./made\" every 1h.
        observe allowed(n: int) from exec \"./allowed\" every 1h.
        good(n) :- made(n), allowed(n).
        goal thing(n: int) {
            expect :- wanted(n).
            ok     :- good(n).
            action \"./make {n}\" within 10m, backoff 1s..1s.
        }
        ",
    );
    world.script("allowed", "echo n; seq 9");
    world.script("made", "sleep 0.7; echo n; cat things 2>/dev/null; true");
    world.script("make", "test $1 = 9 || echo \"$1\" >> things");
    let server = world.serve(&[]);
    world.done(&["tell", "+wanted(1)", "+wanted(2)", "+wanted(3)"]);
    world.done(&["wait", "thing", "--timeout", "60s"]);
    assert_eq!(world.read("things").lines().count(), 3, "each once: {}", server.log());
    assert!(!server.log().contains("still missing"), "{}", server.log());
    world.done(&["tell", "+wanted(9)"]);
    until("it is found out", || server.log().contains("still missing"));
    assert_eq!(world.outcomes("thing(9)")[..3], ["running", "succeeded", "failed"]);
}
