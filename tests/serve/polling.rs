//! Where nobody tells of changes: file systems that give no events, and limits of the system's
//! that leave none for us. Files are noticed all the same, within seconds.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::{Server, World, skipped, until};

const RULES: &str = "
    observe landed(campaign: text, day: date, bytes: int) key (campaign, day)
        from files \"landing/{campaign}/{day}.csv\".
    input campaign(id: text) from csv \"landing/campaigns.csv\".
    output all(campaign: text, day: date, bytes: int).
    all(c, d, n) :- landed(c, d, n), campaign(c).
";

fn world() -> World {
    let world = World::with_rules(RULES);
    for campaign in 501..509 {
        world.write(&format!("truth/{campaign}/2026-03-24.csv"), "a\n");
    }
    world.write("truth/campaigns.csv", "id\n501\n502\n");
    world
}

/// What changes in a folder is known soon, though nobody has told of it.
fn changes_are_noticed(world: &World, server: &Server, truth: &str, why: &str) {
    let all = || world.done(&["list", "all"]);
    let first = "all(\"501\", 2026-03-24, 2)\nall(\"502\", 2026-03-24, 2)\n";
    assert_eq!(all(), first, "{}", server.log());
    let said = format!("the files of landed are walked through again and again: {why}");
    until("it is said", || server.log().contains(&said));
    let began = Instant::now();
    world.write(&format!("{truth}/501/2026-03-25.csv"), "abc\n");
    world.remove(&format!("{truth}/502/2026-03-24.csv"));
    let second = "all(\"501\", 2026-03-24, 2)\nall(\"501\", 2026-03-25, 4)\n";
    until("a file has come, and one is gone", || all() == second);
    world.write(&format!("{truth}/501/2026-03-25.csv"), "longer\n");
    world.write(&format!("{truth}/campaigns.csv"), "id\n501\n503\n");
    let third = format!("{}all(\"503\", 2026-03-24, 2)\n", second.replace("25, 4", "25, 7"));
    until("one is longer, and a campaign is another", || all() == third);
    // Walks for their own sake come once a minute.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

/// The system lets us have no watch at all, or not so many: other programs have them.
#[test]
fn inotify_has_nothing_left() {
    let limits = [
        ("max_inotify_instances", 0, "too many programs have inotify open already"),
        ("max_inotify_watches", 3, "there are more folders than inotify may watch"),
    ];
    for (limit, most, why) in limits {
        // Limits of a user namespace are those of all that is in it, and of nobody else.
        let set = format!("echo {most} > /proc/sys/user/{limit} && exec \"$0\" \"$@\"");
        let starter = ["unshare", "--user", "--map-root-user", "sh", "-c", &set];
        if !is_possible(&[&starter[..], &["true"]].concat()) {
            return skipped("this system has no user namespaces for us");
        }
        let world = world();
        std::fs::rename(world.path("truth"), world.path("landing")).expect("it moves");
        let server = world.serve_under(&starter);
        changes_are_noticed(&world, &server, "landing", why);
    }
}

/// A file system in user space, whose files change behind its back as those of a network's do: a
/// watch is set, and hears nothing.
#[test]
fn a_file_system_tells_of_nothing() {
    let world = world();
    let (truth, landing) = (world.path("truth"), world.path("landing"));
    std::fs::create_dir(&landing).expect("a folder");
    let landing = landing.display().to_string();
    if !is_possible(&["bindfs", &truth.display().to_string(), &landing]) {
        return skipped("nothing can be mounted here (Debian: apt install bindfs, and be root)");
    }
    let mounted = Mounted { place: landing };
    let server = world.serve(&[]);
    changes_are_noticed(&world, &server, "truth", "its file system does not tell of all changes");
    drop((server, mounted));
}

struct Mounted {
    place: String,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        assert!(is_possible(&["umount", "--lazy", &self.place]), "{} is mounted", self.place);
    }
}

fn is_possible(line: &[&str]) -> bool {
    let mut command = Command::new(line[0]);
    let command = command.args(&line[1..]).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
