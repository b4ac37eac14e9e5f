//! A system's clock that is set back under a server. Where there is no libfaketime, which does so
//! for one process, the test says that it is left out.

use std::fs;
use std::path::PathBuf;

use owed::model::Timestamp;

use crate::world::{World, skipped, until};

const RULES: &str = "
    input wanted(n: int).
    observe made(n: int) from exec \"cat made\" every 200ms.
    goal thing(n: int) {
        expect :- wanted(n).
        ok     :- made(n).
        action sh \"test -e works && echo $owed_n >> made; exit 0\" within 1h, backoff 1s..1s.
    }
";

/// An action that ended when the clock was right is judged by what was read since, whatever the
/// clock says then; and when it is right again, everything goes on.
#[test]
fn actions_are_judged_under_a_clock_that_was_set_back() {
    let Some(library) = library() else {
        return skipped("libfaketime is not installed (Debian: apt install faketime)");
    };
    let world = World::with_rules(RULES);
    world.write("made", "n\n");
    let set = |offset: &str| {
        world.write("offset.new", offset);
        fs::rename(world.path("offset.new"), world.path("offset")).expect("it takes its place");
    };
    set("+0");
    let offset = world.path("offset").display().to_string();
    let faked = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", offset.as_str()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let server = world.serve_in(&[], &faked);
    // The log goes by the system's clock.
    let last = || {
        let log = server.log();
        let line = log.lines().last().expect("a line");
        Timestamp::parse(line.split(' ').next().expect("a time")).expect("a time")
    };
    let before = last();
    set("-1h");
    world.done(&["tell", "+wanted(1)"]);
    until("it is found out", || server.log().contains("still missing"));
    assert!(last() < before, "the clock was set back: {}", server.log());
    assert_eq!(world.outcomes("thing(1)")[..3], ["running", "succeeded", "failed"]);
    world.write("works", "");
    set("+0");
    world.done(&["wait", "thing", "--timeout", "60s"]);
}

fn library() -> Option<String> {
    let places = fs::read_dir("/usr/lib").ok()?.flatten();
    let path = |place: fs::DirEntry| place.path().join("faketime/libfaketime.so.1");
    let mut libraries = places.map(path).filter(|path: &PathBuf| path.exists());
    Some(libraries.next()?.display().to_string())
}
