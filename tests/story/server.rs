//! `owed serve` in the world, and what is asked of it.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::world::{World, printed, text};

const PROGRAM: &str = env!("CARGO_BIN_EXE_owed");

/// A server; it is killed if the story does not end it.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts one, and waits until it listens.
    pub fn start(world: &World) -> Server {
        let log = world.path("log/owed");
        let file = File::options().create(true).append(true).open(&log).expect("a log");
        let mut command = world.command(PROGRAM);
        command.args(["serve", "story.rules"]).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().expect("the program can be started");
        let mut server = Server { child, log };
        let socket = world.path("owed-data/socket");
        world.until("the server listens", || {
            let ended = server.child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the server has ended: {}", server.log());
            UnixStream::connect(&socket).map_err(|error| error.to_string())
        });
        server
    }

    /// All that servers have said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("there is a log")
    }

    /// As a crash does it.
    pub fn kill(mut self) {
        self.signal(Signal::SIGKILL);
        self.child.wait().expect("it is ours");
    }

    /// As it is stopped for good.
    pub fn stop(mut self) {
        self.signal(Signal::SIGTERM);
        let status = self.child.wait().expect("it is ours");
        assert!(status.success(), "{status}: {}", self.log());
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().try_into().expect("process ids are small");
        kill(Pid::from_raw(id), signal).expect("it is ours");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What people ask.
impl World {
    /// What a command prints that goes well.
    pub fn owed(&self, arguments: &[&str]) -> String {
        let output = self.command(PROGRAM).args(arguments).output().expect("it can be started");
        printed(&format!("owed {}", arguments.join(" ")), output)
    }

    /// The exit code of a command, and what it says.
    pub fn owed_ends(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command(PROGRAM).args(arguments).output().expect("it can be started");
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    }

    /// The rows of a relation whose first columns have these values.
    pub fn rows(&self, relation: &str, values: &[&str]) -> Vec<String> {
        let listed = self.owed(&[&["list", relation], values].concat());
        listed.lines().map(str::to_string).collect()
    }

    pub fn status(&self) -> serde_json::Value {
        let status = self.owed(&["status", "--output", "json"]);
        serde_json::from_str(&status).expect("the status is JSON")
    }

    /// What keeps all that is missing: a paragraph each.
    pub fn roots(&self) -> Vec<String> {
        let roots = self.owed(&["why", "--roots"]);
        let (_, causes) = roots.trim().split_once(" missing instances: ").unwrap_or_default();
        causes.split("\n\n").skip(1).map(str::to_string).collect()
    }

    /// What keeps an instance, with its lines as one, and without those that are drawn.
    pub fn why(&self, instance: &str) -> String {
        let why = self.owed(&["why", instance]);
        why.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
    }

    /// What ever happened to an instance, oldest first.
    pub fn history(&self, instance: &str) -> Vec<serde_json::Value> {
        let history = self.owed(&["history", instance, "--output", "json"]);
        history.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// How the attempts went that there ever were for an instance, in their order. Where what it
    /// was for was seen before an attempt ended, nobody asked any more how it went: it went well.
    pub fn attempts(&self, instance: &str) -> Vec<String> {
        let mut attempts: Vec<String> = Vec::new();
        for outcome in self.outcomes(instance) {
            match outcome.as_str() {
                "running" => attempts.push("succeeded".to_string()),
                _ => *attempts.last_mut().expect("an attempt begins before it ends") = outcome,
            }
        }
        attempts
    }

    fn outcomes(&self, instance: &str) -> Vec<String> {
        let mut outcomes = Vec::new();
        for entry in self.history(instance) {
            let changes = entry["changes"].as_array().expect("changes");
            let outcome = |change: &serde_json::Value| {
                change["insert"].as_str()?.ends_with(".attempt").then_some(())?;
                Some(change["row"]["outcome"].as_str()?.to_string())
            };
            outcomes.extend(changes.iter().filter_map(outcome));
        }
        outcomes
    }
}
