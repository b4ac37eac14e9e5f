//! A password that changes, crashes in mid-download, and the end of a server.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::watching::Watching;
use crate::world::{World, until};

/// The pool trips, the roots say so, and it heals by itself when the password is repaired.
#[test]
fn a_wrong_password_trips_the_pool() {
    let world = World::new();
    world.write("password", "guess\n");
    let server = world.serve(&[]);
    world.want(&["501", "502"], ("2026-03-24", "2026-03-25"));
    let tripped = || world.status()["pools"][0]["tripped"] == true;
    until("the pool trips", tripped);
    until("the roots say so", || {
        let roots = world.done(&["why", "--roots"]);
        roots.contains("pool sftp is tripped") && roots.contains("Permission denied (password)")
    });
    let status = world.done(&["status"]);
    assert!(status.contains("    sftp  ") && status.contains("tripped: "), "{status}");
    let alarms = server.log().matches("failures in a row, one probe at a time").count();
    assert_eq!(alarms, 1, "one alarm, not one for each: {}", server.log());

    let password = world.read("network/password");
    world.write("password", &password);
    world.settle();
    assert!(!tripped());
    assert!(server.log().contains("pool sftp: a probe came through"), "{}", server.log());
}

/// What ran at a crash is unknown, dies with its server, is looked at, and is done again.
#[test]
fn a_crash_in_mid_download_heals() {
    let world = World::new();
    world.write("network/seconds", "300\n");
    let mut server = world.serve(&[]);
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    until("the download is on its way", || is_downloading(&world));
    server.kill();
    until("nothing is left behind", || world.processes().is_empty());
    assert!(!world.has("landing/501-2026-03-24.csv"));
    // Facts can be read without a server, too.
    let plan = world.done(&["plan", "campaigns.rules", "--data", "owed-data", "--limit", "0"]);
    assert!(plan.contains("results           1  -"), "{plan}");

    world.write("network/seconds", "0\n");
    let server = world.serve(&[]);
    world.settle();
    let outcomes = world.outcomes("csv(\"501\", 2026-03-24)");
    assert_eq!(outcomes, ["running", "unknown", "running", "succeeded"]);
    let said = "csv(\"501\", 2026-03-24): attempt 1 is unknown: the server stopped while it ran";
    assert!(server.log().contains(said), "{}", server.log());
}

/// What was finished by somebody while no server ran is not done again.
#[test]
fn a_crash_is_looked_at_before_it_is_tried_again() {
    let world = World::new();
    world.write("network/seconds", "300\n");
    let mut server = world.serve(&[]);
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    until("the download is on its way", || is_downloading(&world));
    server.kill();
    world.write("landing/501-2026-03-24.csv", "by hand\n");
    let _server = world.serve(&[]);
    world.settle();
    assert_eq!(world.outcomes("csv(\"501\", 2026-03-24)"), ["running", "unknown"]);
    assert_eq!(world.read("results/501-2026-03-24").trim(), "1");
}

/// SIGTERM ends it with 0; what runs is stopped, what waits hears of it, nothing is left.
#[test]
fn a_server_is_asked_to_stop() {
    let world = World::new();
    world.write("network/seconds", "300\n");
    let mut server = world.serve(&[]);
    world.want(&["501", "502"], ("2026-03-24", "2026-03-25"));
    until("downloads are on their way", || {
        world.processes().iter().filter(|line| is_download(line)).count() == 4
    });
    let mut waiting = world.client();
    waiting.ask(r#"{"ask":"status","goal":null}"#);
    waiting.send("{\"ask\":\"wait\",\"instances\":\"results\"}\n");
    let watching = Watching::start(&world, "campaign");

    server.signal(Signal::SIGTERM);
    assert_eq!(server.end(), Some(0), "{}", server.log());
    assert!(server.log().trim_end().ends_with("INFO stopped"), "{}", server.log());
    until("nothing is left behind", || world.processes().is_empty());
    assert!(!world.has("owed-data/socket"));
    assert_eq!(waiting.receive(), r#"{"error":"the server is stopping"}"#);
    assert_eq!(watching.end(), Some(0));

    world.write("network/seconds", "0\n");
    let server = world.serve(&[]);
    world.settle();
    let outcomes = world.outcomes("csv(\"501\", 2026-03-24)");
    assert_eq!(outcomes, ["running", "unknown", "running", "succeeded"]);
    // That is nothing to sound the alarm for.
    assert!(!server.log().contains("failures in a row"), "{}", server.log());
}

/// A check that cannot be run, or says nonsense, keeps actions from starting; the roots and the log
/// say so, the log not each time.
#[test]
fn a_check_that_fails_is_told() {
    let world = World::new();
    let script = world.read("bin/ls-csv");
    world.replace("bin/ls-csv", "#!/bin/sh", "#!/bin/sh\necho nonsense; exit 0");
    let server = world.serve(&[]);
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    let root = "the check of csv fails: line 1 of its output, \"nonsense\": found";
    until("the roots say so", || world.done(&["why", "--roots"]).contains(root));
    world.write("bin/ls-csv", "#!/bin/sh\necho 'no disk' >&2; exit 3\n");
    let other = "the check of csv: exit 3: no disk";
    until("the log says so", || server.log().contains(other));
    assert_eq!(server.log().matches("\"nonsense\"").count(), 1, "{}", server.log());
    assert!(world.outcomes("csv(\"501\", 2026-03-24)").is_empty());
    world.write("bin/ls-csv", &script);
    world.settle();
    assert_eq!(server.log().matches(other).count(), 1, "{}", server.log());
}

/// systemd hears that it is ready, that it lives, and that it stops.
#[test]
fn systemd_is_told() {
    let world = World::new();
    let path = world.path("notify");
    let systemd = UnixDatagram::bind(&path).expect("a socket");
    systemd.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    let hear = || {
        let mut said = [0; 64];
        let bytes = systemd.recv(&mut said).expect("it says something");
        String::from_utf8_lossy(&said[..bytes]).trim_end().to_string()
    };
    let path = path.display().to_string();
    let environment = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", "200000")];
    let mut server = world.serve_in(&[], &environment);
    assert_eq!(hear(), "READY=1");
    (0..3).for_each(|_| assert_eq!(hear(), "WATCHDOG=1"));
    server.signal(Signal::SIGTERM);
    until("it says that it stops", || hear() == "STOPPING=1");
    assert_eq!(server.end(), Some(0));
}

fn is_downloading(world: &World) -> bool {
    world.processes().iter().any(|line| is_download(line))
}

fn is_download(line: &str) -> bool {
    line.contains("bin/fetch-csv")
}
