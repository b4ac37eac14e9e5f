//! Sources under a server: files that change, commands that fail, and what was never read.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::world::{World, until};

/// What `status` says of a relation's source.
fn source(world: &World, relation: &str) -> serde_json::Value {
    let status = world.status();
    let sources = status["sources"].as_array().expect("sources").clone();
    let found = sources.into_iter().find(|source| source["relation"] == relation);
    found.unwrap_or_else(|| panic!("{relation} is not in {status}"))
}

fn error(world: &World, relation: &str) -> String {
    source(world, relation)["error"].as_str().unwrap_or_default().to_string()
}

const TABLES: &str = "
    input campaign(id: text) from csv \"campaigns.csv\".
    input holiday(day: date, name: text) from jsonl \"holidays.jsonl\".
    output both(id: text, day: date).
    both(c, d) :- campaign(c), holiday(d, _).
    goal file(c: text) {
        expect :- campaign(c).
        ok     :- holiday(_, c).
    }
";

/// A file that is replaced is read at once, by renaming or in its place.
#[test]
fn replaced_files_are_read() {
    let world = World::with_rules(TABLES);
    world.write("campaigns.csv", "id\n501\n");
    world.write("holidays.jsonl", "{\"day\":\"2026-03-17\",\"name\":\"x\"}\n");
    let _server = world.serve(&[]);
    assert_eq!(world.done(&["list", "both"]), "both(\"501\", 2026-03-17)\n");
    world.replace("campaigns.csv", "501\n", "502\n503\n");
    let both = || world.done(&["list", "both"]);
    until("the new rows are there", || both().lines().count() == 2 && !both().contains("501"));
    world.write("holidays.jsonl", "");
    until("they are gone", || both().is_empty());
    assert_eq!(source(&world, "holiday")["rows"], 0);
    world.remove("campaigns.csv");
    until("the error is in the status", || error(&world, "campaign").contains("No such file"));
    assert_eq!(world.done(&["list", "campaign"]).lines().count(), 2, "they stay");
}

/// A bad line: the rows stay, and the error is in status, `why` and the log, until it is repaired.
#[test]
fn a_bad_line_keeps_the_rows() {
    let world = World::with_rules(TABLES);
    world.write("campaigns.csv", "id\n501\n");
    world.write("holidays.jsonl", "{\"day\":\"2026-03-17\",\"name\":\"x\"}\n");
    let server = world.serve(&[]);
    world.write("holidays.jsonl", "{\"day\":\"2026-03-17\",\"name\":\"x\"}\n{\"day\":3}\n");
    let wrong = "line 2: column \"day\": the number 3";
    until("it is in the status", || error(&world, "holiday").contains(wrong));
    assert_eq!(world.done(&["list", "both"]), "both(\"501\", 2026-03-17)\n");
    let why = world.done(&["why", "file(\"501\")"]);
    assert!(why.contains("source of holiday: its rows are of ") && why.contains(wrong), "{why}");
    assert!(world.done(&["why", "--roots"]).contains(wrong));
    assert!(world.done(&["status"]).contains(wrong));
    until("it is in the log", || server.log().contains("WARN the source of holiday: line 2"));
    let told = world.done(&["list", "source.status", "holiday"]);
    assert!(told.contains(", 1, \"line 2: "), "{told}");

    world.write("holidays.jsonl", "{\"day\":\"2026-03-18\",\"name\":\"x\"}\n");
    let both = || world.done(&["list", "both"]);
    until("it is repaired", || both() == "both(\"501\", 2026-03-18)\n");
    assert_eq!(error(&world, "holiday"), "");
    assert!(server.log().contains("INFO the source of holiday is read well"), "{}", server.log());
}

/// What is written bit by bit is read when it has come to rest, so that no state between is seen.
#[test]
fn half_a_file_is_not_read() {
    let world = World::with_rules(TABLES);
    let all: String = (500..600).map(|id| format!("{id}\n")).collect();
    world.write("campaigns.csv", &format!("id\n{all}"));
    world.write("holidays.jsonl", "");
    let server = world.serve(&[]);
    let revision = world.status()["revision"].as_u64().expect("a number");
    let mut file = File::create(world.path("campaigns.csv")).expect("a file");
    file.write_all(b"id\n").expect("room");
    for id in 500..600 {
        file.write_all(format!("{id}\n").as_bytes()).expect("room");
        std::thread::sleep(Duration::from_millis(15));
    }
    file.write_all(b"600\n").expect("room");
    drop(file);
    until("the last one is there", || !world.done(&["list", "campaign", "600"]).is_empty());
    assert_eq!(world.done(&["list", "campaign"]).lines().count(), 101);
    assert!(!server.log().contains("the source of campaign"), "{}", server.log());
    // Nothing but the last one ever changed.
    assert_eq!(world.status()["revision"].as_u64(), Some(revision + 1));
}

const FILES: &str = "
    observe landed(campaign: text, day: date, bytes: int) key (campaign, day)
        from files \"landing/{campaign}/{day:%Y%m%d}.csv\".
    output all(campaign: text, day: date, bytes: int).
    all(c, d, n) :- landed(c, d, n).
";

/// Files come and go, whole folders too; what is no date is passed over, and said.
#[test]
fn files_come_and_go() {
    let world = World::with_rules(FILES);
    world.write("landing/501/20260324.csv", "a\n");
    world.write("landing/501/20260325.csv", "ab\n");
    world.write("landing/501/2026.csv", "a\n");
    world.write("landing/501/.20260326.csv", "a\n");
    world.write("landing/501/20260326.csv.tmp", "a\n");
    let server = world.serve(&[]);
    let landed = || world.done(&["list", "landed"]);
    assert_eq!(landed(), "landed(\"501\", 2026-03-24, 2)\nlanded(\"501\", 2026-03-25, 3)\n");
    until("the one is told of", || source(&world, "landed")["skipped"] == 1);
    let said = "passes over landing/501/2026.csv: \"day\": \"2026\" is no date of the form %Y%m%d";
    assert!(world.done(&["status"]).contains(said));
    until("the log has it", || server.log().contains(said));

    let began = Instant::now();
    world.remove("landing/501/20260324.csv");
    until("one is gone", || landed() == "landed(\"501\", 2026-03-25, 3)\n");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    world.write("landing/501/20260325.csv", "longer\n");
    until("one is longer", || landed() == "landed(\"501\", 2026-03-25, 7)\n");
    for campaign in 600..620 {
        world.write(&format!("landing/{campaign}/20260325.csv"), "a\n");
    }
    until("new folders are seen", || landed().lines().count() == 21);
    std::fs::rename(world.path("landing/600"), world.path("away")).expect("it moves");
    until("a folder has gone", || landed().lines().count() == 20);
    std::fs::rename(world.path("away"), world.path("landing/700")).expect("it moves");
    until("a folder has come", || landed().contains("\"700\""));
    world.remove("landing/501");
    until("a folder is deleted", || !landed().contains("\"501\""));
    // All of them at once is somebody's mistake: nothing can be listed, and the rows stay.
    std::fs::rename(world.path("landing"), world.path("elsewhere")).expect("it moves");
    until("it is said", || error(&world, "landed").contains("cannot list landing: No such file"));
    assert_eq!(landed().lines().count(), 20);
    std::fs::rename(world.path("elsewhere"), world.path("landing")).expect("it moves");
    world.write("landing/800/20260325.csv", "a\n");
    until("it goes on", || landed().contains("\"800\"") && error(&world, "landed").is_empty());
}

/// A file that grows is not a change with every line that comes: what it has is known when it is
/// closed.
#[test]
fn a_file_that_grows_is_known_when_it_is_closed() {
    let world = World::with_rules(FILES);
    world.write("landing/501/20260324.csv", "a\n");
    let _server = world.serve(&[]);
    let revision = || world.status()["revision"].as_u64().expect("a number");
    let (before, path) = (revision(), world.path("landing/501/20260325.csv"));
    let mut file = File::create(&path).expect("a file");
    for _ in 0..200 {
        file.write_all(b"a line\n").expect("room");
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(file);
    let landed = || world.done(&["list", "landed"]);
    until("all of it is known", || landed().ends_with("2026-03-25, 1400)\n"));
    // That it was made, and that it was closed.
    assert!(revision() <= before + 2, "{} changes", revision() - before);
}

const COMMANDS: &str = "
    input campaign(id: text) from exec \"./campaigns\" every 200ms, env (PASSWORD), timeout 5s.
    input excluded(id: text) from csv \"$FOLDER/excluded.csv\".
    observe landed(id: text) from files \"out/{id}\".
    goal file(c: text) {
        expect :- campaign(c), not excluded(c).
        ok     :- landed(c).
        action \"./fetch {c}\" within 1m, backoff 100ms..500ms.
    }
    output old(relation: text).
    old(r) :- source.status(r, at, _, _), now >= at + 2s, r = \"campaign\".
";

/// A source that was never read is not the empty set; once it was, a failure withdraws nothing,
/// also after a restart.
#[test]
fn what_was_never_read_is_not_empty() {
    let world = World::with_rules(COMMANDS);
    world.write("out/.keep", "");
    world.script("campaigns", "echo '{\"id\":\"501\"}'");
    world.script("fetch", "touch out/$1");
    let folder = world.path("lists").display().to_string();
    let environment = [("FOLDER", folder.as_str()), ("PASSWORD", "xyzzy-3")];
    let mut server = world.serve_in(&[], &environment);
    until("the campaigns are read", || !world.done(&["list", "file.missing"]).is_empty());
    let first = source(&world, "campaign")["at"].clone();
    until("time goes on", || source(&world, "campaign")["at"] != first);
    assert_eq!(world.done(&["list", "file.ready"]), "", "who knows what is excluded");
    assert!(!world.has("out/501"));
    let why = world.done(&["why", "file(\"501\")"]);
    let held = "held: not all sources have been read yet: campaign, excluded, landed";
    assert!(why.contains("file(\"501\"): waiting") && why.contains(held), "{why}");
    let unread = "source of excluded: it has not been read yet: No such file";
    assert!(why.contains(unread), "{why}");
    let status = world.done(&["status"]);
    assert!(status.contains("    excluded  not read yet"), "{status}");

    world.write("lists/excluded.csv", "id\n502\n");
    until("it is fetched", || world.has("out/501"));
    // From now on they were read, whatever becomes of them.
    world.script("campaigns", "echo no list >&2; exit 3");
    world.remove("lists");
    until("the failure is known", || error(&world, "campaign") == "exit 3: no list");
    server.signal(Signal::SIGTERM);
    server.end();
    world.remove("out/501");
    let _server = world.serve_in(&[], &environment);
    until("it is fetched again", || world.has("out/501"));
    until("the alarm is raised", || world.done(&["list", "old"]) == "old(\"campaign\")\n");
    world.script("campaigns", "echo id; echo 501; echo 503; echo 502");
    until("the third is there", || world.has("out/503"));
    until("the alarm is over", || world.done(&["list", "old"]).is_empty());
    assert!(!world.has("out/502"));
}

/// Values of variables are shown by nobody, not even where a command repeats them.
#[test]
fn secrets_are_not_shown() {
    let world = World::with_rules(COMMANDS);
    world.write("out/.keep", "");
    world.script("fetch", "exit 3");
    world.script("campaigns", "test \"$PASSWORD\" = xyzzy-3 && echo id && echo 501");
    let folder = world.path("plugh-7").display().to_string();
    world.write("plugh-7/excluded.csv", "id\n502\n");
    let server = world.serve_in(&[], &[("FOLDER", folder.as_str()), ("PASSWORD", "xyzzy-3")]);
    until("the password was right", || !world.done(&["list", "file.missing"]).is_empty());
    world.script("campaigns", "echo \"wrong password: $PASSWORD\" >&2; exit 3");
    let wrong = "exit 3: wrong password: $PASSWORD";
    until("a command gives it away", || error(&world, "campaign") == wrong);
    world.write("plugh-7/excluded.csv", "id,name\n502,x\n");
    until("one fails", || error(&world, "excluded").contains("has no column \"name\""));
    world.remove("plugh-7");
    until("it fails otherwise", || error(&world, "excluded").contains("No such file"));
    let mut said = server.log();
    for arguments in [
        &["status"][..],
        &["status", "--output", "json"],
        &["why", "--roots"],
        &["why", "file(\"501\")"],
        &["history", "file(\"501\")"],
        &["list", "source.status"],
    ] {
        said.push_str(&world.done(arguments));
    }
    assert!(said.contains("$FOLDER/excluded.csv"), "{said}");
    drop(server);
    for secret in ["xyzzy-3", "plugh-7"] {
        assert!(!said.contains(secret), "{said}");
        for file in std::fs::read_dir(world.path("owed-data")).expect("it is there").flatten() {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_there, "{secret} is in {}", file.path().display());
        }
    }
    for arguments in [&["check"][..], &["plan"]] {
        let (_, printed, said) = world.ended(&[arguments, &["campaigns.rules"]].concat());
        assert!(!printed.contains("xyzzy-3") && !said.contains("xyzzy-3"), "{printed}{said}");
    }
}

/// A command that does not end is stopped after its time, and leaves nothing behind; nor does one
/// whose server is killed, and one of the old rules.
#[test]
fn commands_leave_nothing_behind() {
    let world = World::with_rules(
        "input campaign(id: text) from exec \"./campaigns\" every 100ms, timeout 300ms.
         output all(id: text).
         all(c) :- campaign(c).",
    );
    world.script("campaigns", "sleep 300 & sleep 300");
    let mut server = world.serve(&[]);
    until("it takes too long", || error(&world, "campaign") == "it took longer than 300ms");
    let sleeps = || world.processes().iter().filter(|line| line.starts_with("sleep 300")).count();
    world.replace("campaigns.rules", "timeout 300ms", "timeout 300s");
    until("it is on its way", || sleeps() == 2);
    server.kill();
    until("nothing is left behind", || sleeps() == 0);
    // Nor does one that is read once.
    let mut plan = world.start(&["plan", "campaigns.rules"]);
    until("it is on its way", || sleeps() == 2);
    plan.kill().expect("it is ours");
    plan.wait().expect("it ends");
    until("nothing is left behind", || sleeps() == 0);
    let mut server = world.serve(&[]);
    until("it is on its way", || sleeps() == 2);
    world.replace("campaigns.rules", "every 100ms, timeout 300s", "every 1h");
    world.script("campaigns", "echo id; echo 501");
    until("the new rules read it", || world.done(&["list", "all"]) == "all(\"501\")\n");
    until("nothing is left of the old", || sleeps() == 0);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end(), Some(0), "{}", server.log());
    assert_eq!(world.processes(), Vec::<String>::new());
}

/// A source that loses too much at once keeps its rows, and says so; a restart does not forget.
#[test]
fn too_great_a_loss_is_held() {
    let world = World::with_rules(
        "input campaign(id: text, budget: int) key (id) from csv \"campaigns.csv\" shrink 30%.
         output all(id: text).
         all(c) :- campaign(c, _).",
    );
    world.write("campaigns.csv", "id,budget\n1,10\n2,10\n3,10\n4,10\n");
    let mut server = world.serve(&[]);
    let all = || world.done(&["list", "all"]).lines().count();
    assert_eq!(all(), 4);
    // Other values are no loss.
    world.replace("campaigns.csv", "10", "20");
    until("the budgets are new", || world.done(&["list", "campaign"]).matches("20").count() == 4);
    world.replace("campaigns.csv", "3,20\n4,20\n", "");
    let held = "its 4 rows are held: 2 of them would be lost at once, more than shrink 30% lets go";
    until("it is said", || error(&world, "campaign") == held);
    assert_eq!(all(), 4);
    assert!(server.log().contains(held), "{}", server.log());
    server.kill();
    let _server = world.serve(&[]);
    assert_eq!(error(&world, "campaign"), held);
    assert_eq!(all(), 4);
    world.replace("campaigns.csv", "2,20\n", "2,20\n3,20\n");
    until("a smaller loss is none", || all() == 3);
    assert_eq!(error(&world, "campaign"), "");
    world.replace("campaigns.csv", "2,20\n3,20\n", "");
    until("it is said", || error(&world, "campaign").starts_with("its 3 rows are held"));
    // Whoever means it says so in the rules.
    world.replace("campaigns.rules", " shrink 30%", "");
    until("they are gone", || all() == 1);
}
