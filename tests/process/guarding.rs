//! The guard, from the side of a server that lives.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use owed::runtime::process::{Ending, Limits, spawn};

use super::world::{Folder, guard, is_alive, until};

fn number(process: &Child) -> i32 {
    i32::try_from(process.id()).expect("a process's number")
}

fn command_line_guard() -> Child {
    let mut guard = Command::new(env!("CARGO_BIN_EXE_owed"));
    guard.arg("guard").stdin(Stdio::piped()).spawn().expect("the program is built")
}

/// A process that leads a group, and would for an hour.
fn sleeper() -> Child {
    Command::new("sleep").arg("3600").process_group(0).spawn().expect("sleep is there")
}

#[test]
fn what_is_listed_at_the_end_of_the_pipe_is_killed() {
    let (mut listed, mut forgotten) = (sleeper(), sleeper());
    let mut guard = command_line_guard();
    let mut pipe = guard.stdin.take().expect("it is piped");
    let (one, other) = (listed.id(), forgotten.id());
    write!(pipe, "+{one}\n+{other}\n-{other}\n").expect("the guard reads");
    drop(pipe);
    assert!(guard.wait().expect("it is ours").success());
    until("the end of what is listed", || !is_alive(number(&listed)));
    assert!(is_alive(number(&forgotten)));
    forgotten.kill().expect("it is ours");
    listed.wait().and(forgotten.wait()).expect("they are ours");
}

/// A terminal and a service manager send these to all of a service's processes.
#[test]
fn a_guard_ends_with_its_pipe_and_not_before() {
    let mut listed = sleeper();
    let mut guard = command_line_guard();
    let mut pipe = guard.stdin.take().expect("it is piped");
    writeln!(pipe, "+{}", listed.id()).expect("the guard reads");
    let caught = format!("/proc/{}/status", guard.id());
    until("the guard to be ready", || {
        let status = std::fs::read_to_string(&caught).expect("it runs");
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux");
        let mask = u64::from_str_radix(mask.trim(), 16).expect("a mask");
        [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]
            .iter()
            .all(|signal| mask & (1 << (*signal as u32 - 1)) != 0)
    });
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        kill(Pid::from_raw(number(&guard)), signal).expect("it is ours");
    }
    writeln!(pipe, "-1").expect("the guard still reads");
    assert!(is_alive(number(&guard)) && is_alive(number(&listed)));
    drop(pipe);
    assert!(guard.wait().expect("it is ours").success());
    until("the end of what is listed", || !is_alive(number(&listed)));
    listed.wait().expect("it is ours");
}

#[test]
fn a_guard_that_was_killed_is_replaced_by_the_next_start() {
    let folder = Folder::new();
    let guard = guard();
    let first = i32::try_from(guard.pid()).expect("a process's number");
    kill(Pid::from_raw(first), Signal::SIGKILL).expect("it is ours");
    until("the guard's end", || !is_alive(first));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("there is one");
    let pid = || i32::try_from(guard.pid()).expect("a process's number");
    // Its end of the pipe may be open for a moment still.
    until("another guard", || {
        let ended = runtime.block_on(async {
            let (_, end) = spawn(folder.shell("exit 3"), Limits::default(), guard.clone());
            end.await
        });
        assert_eq!(ended.ending, Ending::Exited(3));
        pid() != first
    });
    let second = pid();
    assert!(is_alive(second));
    drop(guard);
    assert!(!is_alive(second), "it ends with the server's end of the pipe");
}
