//! A server whose work is shared by other processes, which may be killed at any time, and so may
//! it.

use std::fs::File;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::world::{World, until};

/// Members, by number; they are killed if the test does not do it.
struct Members(Vec<Option<Child>>);

impl Members {
    /// Names so many members, with a secret that all know.
    fn name(world: &World, members: usize) -> Members {
        world.write("secret", "known to all members\n");
        let ports = (0..members).map(|_| {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
            format!("member {}\n", free.expect("a free port"))
        });
        let lines = ports.collect::<String>();
        world.write("two.cluster", &format!("secret secret\n{lines}"));
        world.write("wrong.cluster", &format!("secret other\n{lines}"));
        world.write("other", "known to somebody else\n");
        Members((0..members).map(|_| None).collect())
    }

    fn start(&mut self, world: &World, member: usize) {
        let file = File::options().create(true).append(true).open(world.path(&log(member)));
        let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
        command.args(["join", "two.cluster", "--member", &member.to_string()]);
        command.current_dir(world.path("")).env_remove("RUST_LOG");
        command.stdin(Stdio::null()).stderr(file.expect("a log"));
        self.0[member - 1] = Some(command.spawn().expect("the program can be started"));
        until("it listens", || world.read(&log(member)).contains("listening on"));
    }

    fn signal(&self, member: usize, signal: Signal) {
        let child = self.0[member - 1].as_ref().expect("it was started");
        let id = child.id().try_into().expect("process ids are small");
        kill(Pid::from_raw(id), signal).expect("it is ours");
    }

    fn kill(&mut self, member: usize) {
        let mut child = self.0[member - 1].take().expect("it was started");
        child.kill().expect("it is ours");
        child.wait().expect("it is ours");
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        for child in self.0.iter_mut().flatten() {
            // It may have ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn log(member: usize) -> String {
    format!("member-{member}.log")
}

/// What is owed and done is the same as with one process, also for new rules; a member that is
/// killed is waited for, and a server that is killed goes on with the members that there are.
#[test]
fn processes_that_die_are_replaced() {
    let world = World::new();
    let mut members = Members::name(&world, 2);
    members.start(&world, 1);
    members.start(&world, 2);
    let mut server = world.serve(&["--cluster", "two.cluster"]);
    world.want(&["501"], ("2026-03-24", "2026-03-25"));
    world.settle();
    assert!(world.has("results/501-2026-03-25"));

    members.kill(2);
    until("the server waits", || {
        let log = server.log();
        log.contains(" is gone: ") && log.contains("the cluster waits: 127.0.0.1:")
    });
    // It is durable before it is worked out, and is worked out once all are there.
    let telling = world.start(&["tell", "+campaign(\"502\")"]);
    members.start(&world, 2);
    let told = telling.wait_with_output().expect("it ends");
    assert!(told.status.success(), "{told:?}");
    world.settle();
    assert!(world.has("results/502-2026-03-25"));
    assert!(server.log().contains("all 2 members of the cluster are there"), "{}", server.log());

    world.replace("campaigns.rules", "ok every 400ms", "ok every 300ms");
    until("new rules are in force", || server.log().contains("the new rules are in force"));
    server.kill();
    world.remove("results");
    let mut server = world.serve(&["--cluster", "two.cluster"]);
    // They count as there until the next look.
    until("what was removed is made again", || world.has("results/501-2026-03-24"));
    world.settle();
    let (one, all) =
        (["plan", "campaigns.rules", "--data", "owed-data"], ["--cluster", "two.cluster"]);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end(), Some(0), "{}", server.log());
    let at = ["--now", "2026-04-01T00:00Z"];
    let alone = world.done(&[&one[..], &at].concat());
    assert_eq!(world.done(&[&one[..], &at, &all].concat()), alone);
}

/// A member that is silent counts as gone, and is led again once it is back.
#[test]
fn a_silent_process_is_noticed() {
    let world = World::new();
    let mut members = Members::name(&world, 1);
    members.start(&world, 1);
    let server = world.serve(&["--cluster", "two.cluster"]);
    members.signal(1, Signal::SIGSTOP);
    until("the server notices", || server.log().contains(" is gone: it does not answer"));
    members.signal(1, Signal::SIGCONT);
    world.want(&["501"], ("2026-03-24", "2026-03-24"));
    world.settle();
    let led = || world.read(&log(1)).matches("a leader has come: process 1 of 2").count();
    until("it is led again", || led() >= 2);
}

/// A server that waits for a member can be stopped.
#[test]
fn a_server_that_waits_can_be_stopped() {
    let world = World::new();
    let mut members = Members::name(&world, 1);
    members.start(&world, 1);
    let mut server = world.serve(&["--cluster", "two.cluster"]);
    members.kill(1);
    let mut telling = world.start(&["tell", "+campaign(\"501\")"]);
    until("the server waits", || server.log().contains("the cluster waits: "));
    server.signal(Signal::SIGTERM);
    assert_eq!(server.end(), Some(0), "{}", server.log());
    telling.wait().expect("it ends with its server");
}

/// Whoever has another secret is told so, and gets nothing; no secret is ever shown.
#[test]
fn another_secret_is_refused() {
    let world = World::new();
    let mut members = Members::name(&world, 1);
    members.start(&world, 1);
    let said = world.refused(1, &["serve", "campaigns.rules", "--cluster", "wrong.cluster"]);
    assert!(said.contains(" has another secret"), "{said}");
    let refused = || world.read(&log(1)).contains(" does not have the secret, and is refused");
    until("the member says so", refused);
    for shown in [said, world.read(&log(1))] {
        assert!(!shown.contains("known to"), "{shown}");
    }
    // The right one is still let in.
    let at = ["--now", "2026-04-01T00:00Z", "--cluster", "two.cluster"];
    world.done(&[&["plan", "campaigns.rules"][..], &at].concat());
}
