//! A server that is killed leaves nothing behind. This file is both: without arguments the test,
//! and with `OWED_TEST_SERVER` a small server that starts a process, says so, and waits.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use owed::runtime::process::{Guard, Launch, Limits, spawn};

#[path = "process/world.rs"]
#[allow(dead_code)]
mod world;

use world::{Folder, alive_in_group, is_alive, until};

const ROLE: &str = "OWED_TEST_SERVER";

fn main() {
    if let Some(folder) = std::env::var_os(ROLE) {
        return serve(Path::new(&folder));
    }
    let tests: [(&str, fn()); 4] = [
        ("a_killed_server_leaves_nothing_behind", a_killed_server_leaves_nothing_behind),
        ("without_a_guard_the_process_itself_ends", without_a_guard_the_process_itself_ends),
        ("a_guard_that_was_replaced_knows_all", a_guard_that_was_replaced_knows_all),
        ("killed_again_and_again", killed_again_and_again),
    ];
    println!("\nrunning {} tests", tests.len());
    for (name, test) in tests {
        test();
        println!("test {name} ... ok");
    }
    println!();
}

/// A family of four: the leader, one that ignores every signal it can, and two generations.
const FAMILY: &str = "(trap '' TERM HUP INT; while :; do sleep 1; done) & \
                      (sleep 3600 & wait) & \
                      touch ready; wait";

/// Starts the family and says its group and the guard's number; on each line from standard
/// input starts another.
fn serve(folder: &Path) {
    let guard = Guard::start(Path::new(env!("CARGO_BIN_EXE_owed")), &["guard"]);
    let guard = Arc::new(guard.expect("the program is built"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is one").block_on(async {
        for line in std::io::stdin().lines() {
            let launch = Launch {
                program: "/bin/sh".into(),
                arguments: vec!["-c".to_string(), line.expect("text")],
                environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
                folder: folder.to_path_buf(),
                input: Vec::new(),
            };
            let (stopper, end) = spawn(launch, Limits::default(), guard.clone());
            println!("{} {}", stopper.pid().expect("it was started"), guard.pid());
            // It goes on without us.
            std::mem::forget(end);
        }
    });
}

struct Server {
    process: Child,
    folder: Folder,
    said: BufReader<std::process::ChildStdout>,
}

impl Server {
    fn start() -> Server {
        let folder = Folder::new();
        let mut process = Command::new(std::env::current_exe().expect("this file"))
            .env(ROLE, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be started again");
        let said = BufReader::new(process.stdout.take().expect("it is piped"));
        Server { process, folder, said }
    }

    /// Starts a process there; tells its group and the guard's number.
    fn run(&mut self, text: &str) -> (i32, i32) {
        use std::io::Write as _;
        let pipe = self.process.stdin.as_mut().expect("it is piped");
        writeln!(pipe, "{text}").expect("the server reads");
        let mut line = String::new();
        self.said.read_line(&mut line).expect("the server says something");
        let (group, guard) = line.trim().split_once(' ').expect("two numbers");
        (group.parse().expect("a number"), guard.parse().expect("a number"))
    }

    fn family(&mut self) -> (i32, i32) {
        let numbers = self.run(FAMILY);
        let ready = self.folder.path().join("ready");
        until("the family", || ready.exists() && alive_in_group(numbers.0).len() >= 5);
        numbers
    }

    fn kill(mut self) {
        self.process.kill().expect("it is ours");
        self.process.wait().expect("it is ours");
    }
}

fn a_killed_server_leaves_nothing_behind() {
    let mut server = Server::start();
    let (one, guard) = server.family();
    let (other, _) = server.run("trap '' TERM HUP INT; while :; do sleep 1; done");
    server.kill();
    until("the end of the family", || alive_in_group(one).is_empty());
    until("the end of the other", || alive_in_group(other).is_empty());
    until("the guard's end", || !is_alive(guard));
}

/// The kernel's part, which reaches the leader and nobody else.
fn without_a_guard_the_process_itself_ends() {
    let mut server = Server::start();
    let (group, guard) = server.family();
    kill(Pid::from_raw(guard), Signal::SIGKILL).expect("it is ours");
    until("the guard's end", || !is_alive(guard));
    server.kill();
    until("the leader's end", || !is_alive(group));
    assert!(!alive_in_group(group).is_empty(), "this is what cannot be promised");
    nix::sys::signal::killpg(Pid::from_raw(group), Signal::SIGKILL).expect("they are ours");
    until("the end of the family", || alive_in_group(group).is_empty());
}

fn a_guard_that_was_replaced_knows_all() {
    let mut server = Server::start();
    let (group, guard) = server.family();
    kill(Pid::from_raw(guard), Signal::SIGKILL).expect("it is ours");
    until("the guard's end", || !is_alive(guard));
    // Its end of the pipe may be open for a moment still.
    while server.run("exit 0").1 == guard {}
    server.kill();
    until("the end of the family", || alive_in_group(group).is_empty());
}

/// At whatever moment: the server is killed as soon as it has said the number.
fn killed_again_and_again() {
    for _ in 0..30 {
        let mut server = Server::start();
        let (group, _) = server.run("sleep 3600 & sleep 3600 & wait");
        server.kill();
        until("the group's end", || alive_in_group(group).is_empty());
    }
}
