//! A server as a process, and the folder that it works in.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::client::{Client, Gone};

/// Nothing that is waited for takes nearly as long.
pub const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// A folder with rules and scripts of its own.
pub struct World {
    folder: tempfile::TempDir,
}

impl World {
    pub fn new() -> World {
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => tempfile::tempdir_in(memory),
            false => tempfile::tempdir(),
        };
        let world = World { folder: folder.expect("there is room") };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/world");
        copy(&from, world.path());
        world
    }

    /// The same again, as it is now, with its data.
    pub fn copied(&self) -> World {
        let other = World::new();
        copy(self.path(), other.path());
        other
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Puts these rules in the place of those that the server reads.
    pub fn take_rules(&self, name: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/world").join(name);
        let new = self.path().join("new.rules");
        fs::copy(from, &new).expect("there is room");
        fs::rename(new, self.path().join("crash.rules")).expect("it is ours");
    }

    pub fn words(&self, words: &str) {
        let new = self.path().join("new.csv");
        fs::write(&new, format!("text\n{words}")).expect("there is room");
        fs::rename(new, self.path().join("words.csv")).expect("it is ours");
    }

    /// Runs the program to its end.
    pub fn owed(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
        let command = command.current_dir(self.path()).args(arguments);
        let environment = environment.iter().copied();
        command.envs(environment).stdin(Stdio::null()).output().expect("it can be started")
    }

    /// What was written into a file of it; nothing if there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("it can be read");
        let kind = entry.file_type().expect("it has one");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&from, &to);
        } else if kind.is_file() {
            match fs::copy(&from, &to) {
                // A command that outlives its server for a moment has moved it.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                copied => {
                    copied.expect("there is room");
                }
            }
        }
    }
}

/// A server that was started.
pub struct Server {
    process: Child,
    socket: PathBuf,
}

impl Server {
    pub fn start(world: &World, options: &[&str], environment: &[(&str, &str)]) -> Server {
        let log = File::options().append(true).create(true).open(world.path().join("log"));
        let process = Command::new(env!("CARGO_BIN_EXE_owed"))
            .current_dir(world.path())
            .args(["serve", "crash.rules", "--data", "data"])
            .args(options)
            .env("RUST_BACKTRACE", "0")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.expect("there is room"))
            .spawn();
        Server { process: process.expect("it can be started"), socket: world.data().join("socket") }
    }

    /// A connection, as soon as there can be one.
    pub fn connect(&mut self) -> Result<Client, Gone> {
        let began = Instant::now();
        loop {
            // A process that the dead server was just starting may hold its socket for a moment.
            if let Ok(mut client) = Client::connect(&self.socket)
                && client.list("want").is_ok()
            {
                return Ok(client);
            }
            if self.ended().is_some() {
                return Err(Gone);
            }
            assert!(began.elapsed() < PATIENCE, "the server does not open its socket");
            std::thread::sleep(PAUSE);
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    pub fn signal(&self, signal: Signal) {
        send(self.pid(), signal);
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().expect("it is our child")
    }

    /// How it ends.
    pub fn wait(&mut self) -> ExitStatus {
        until("the server's end", || self.ended()).unwrap_or_else(|why| panic!("{why}"))
    }

    /// Whether it was killed, once it does not answer.
    pub fn was_killed(&mut self) -> bool {
        self.wait().signal() == Some(Signal::SIGKILL as i32)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that fails leaves nothing behind; one that succeeds has ended it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Kills a server, which may have ended, but was not waited for yet.
pub fn kill_process(pid: u32) {
    send(pid, Signal::SIGKILL);
}

fn send(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).expect("processes have small numbers");
    // It may have ended.
    let _ = kill(Pid::from_raw(pid), signal);
}

/// Waits for something that must happen.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> Result<T, String> {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        if began.elapsed() > PATIENCE {
            return Err(format!("waited in vain for {what}"));
        }
        std::thread::sleep(PAUSE);
    }
}

/// The processes that a server started and that have not ended.
pub fn started_by(server: u32) -> Vec<u32> {
    let mark = format!("OWED_GUARD={server}-");
    processes()
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|one| one.starts_with(mark.as_bytes()))
        })
        .collect()
}

/// No server and no guard that this test started is left.
pub fn nobody_is_left() {
    let own = fs::canonicalize(env!("CARGO_BIN_EXE_owed")).expect("it is built");
    let ours = || {
        processes().filter(|pid| {
            fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program == own)
        })
    };
    let gone = until("the end of all guards", || (ours().count() == 0).then_some(()));
    assert_eq!(gone, Ok(()), "{:?} are left", ours().collect::<Vec<u32>>());
}

/// All that there are.
pub fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("Linux");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// What random tests begin from.
pub fn seed() -> u64 {
    let given = std::env::var("OWED_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| fastrand::u64(..1 << 32))
}
