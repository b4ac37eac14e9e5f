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

use world::{Folder, alive_in_group, is_alive, processes, until};

const ROLE: &str = "OWED_TEST_SERVER";

fn main() {
    if let Some(folder) = std::env::var_os(ROLE) {
        return serve(Path::new(&folder));
    }
    let tests: [(&str, fn()); 6] = [
        ("a_killed_server_leaves_nothing_behind", a_killed_server_leaves_nothing_behind),
        ("who_began_a_session_of_its_own_stays", who_began_a_session_of_its_own_stays),
        ("without_a_guard_all_goes_on", without_a_guard_all_goes_on),
        ("a_guard_that_was_replaced_knows_all", a_guard_that_was_replaced_knows_all),
        ("killed_again_and_again", killed_again_and_again),
        ("orphans_are_reaped_where_they_are_ours", orphans_are_reaped_where_they_are_ours),
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
/// input starts what it says, or one after the other without end.
fn serve(folder: &Path) {
    let guard = Guard::start(Path::new(env!("CARGO_BIN_EXE_owed")), &["guard"]);
    let guard = Arc::new(guard.expect("the program is built"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("there is one").block_on(async {
        for line in std::io::stdin().lines() {
            let line = line.expect("text");
            let (text, storm) = match line.strip_prefix("storm ") {
                Some(name) => ("sleep 3600 & sleep 3600 & wait", Some(name)),
                None => (&*line, None),
            };
            let launch = Launch {
                program: "/bin/sh".into(),
                arguments: vec!["-c".to_string(), text.to_string()],
                environment: vec![
                    ("PATH".into(), "/usr/bin:/bin".into()),
                    ("STORM".into(), storm.unwrap_or_default().into()),
                ],
                folder: folder.to_path_buf(),
                input: Vec::new(),
            };
            let mut is_first = true;
            while is_first || storm.is_some() {
                let (stopper, end) = spawn(launch.clone(), Limits::default(), guard.clone());
                if std::mem::take(&mut is_first) {
                    println!("{} {}", stopper.pid().expect("it was started"), guard.pid());
                }
                // It goes on without us.
                std::mem::forget(end);
            }
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

/// As work must that is meant to outlive its command, and its server.
fn who_began_a_session_of_its_own_stays() {
    let mut server = Server::start();
    let (group, guard) = server.run("setsid sh -c 'echo $$ >pid; exec sleep 3600' & wait");
    let left: i32 = server.folder.read_once_written("pid").parse().expect("a number");
    server.kill();
    until("the group's end", || alive_in_group(group).is_empty());
    until("the guard's end", || !is_alive(guard));
    assert!(is_alive(left), "this is what cannot be promised");
    kill(Pid::from_raw(left), Signal::SIGKILL).expect("it is ours");
}

fn without_a_guard_all_goes_on() {
    let mut server = Server::start();
    let (group, guard) = server.family();
    kill(Pid::from_raw(guard), Signal::SIGKILL).expect("it is ours");
    until("the guard's end", || !is_alive(guard));
    server.kill();
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

/// At whatever moment, also between the start of a process and the guard's hearing of it: the
/// server starts one after the other, and each has a variable by which it is found again.
fn killed_again_and_again() {
    for round in 0..20_u64 {
        let mut server = Server::start();
        let name = format!("{round}-{}", std::process::id());
        let (group, _) = server.run(&format!("storm {name}"));
        std::thread::sleep(std::time::Duration::from_micros(round * 1_400));
        server.kill();
        until("the first one's end", || alive_in_group(group).is_empty());
        until("the end of them all", || alive_with(&format!("STORM={name}")).is_empty());
    }
}

/// As a server has to that is the first process of a container.
fn orphans_are_reaped_where_they_are_ours() {
    nix::sys::prctl::set_child_subreaper(true).expect("Linux");
    let folder = Folder::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.expect("there is one").block_on(async {
        let launch = folder.shell("sleep 3600 & echo $!");
        spawn(launch, Limits::default(), world::guard()).1.await
    });
    nix::sys::prctl::set_child_subreaper(false).expect("Linux");
    let orphan = String::from_utf8(ended.stdout).expect("digits");
    assert!(!Path::new(&format!("/proc/{}", orphan.trim())).exists(), "{orphan}");
}

/// The processes with that variable, `NAME=value`, that have not ended.
fn alive_with(variable: &str) -> Vec<i32> {
    let has_it = |pid: &i32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes())
    };
    processes().filter(has_it).collect()
}
