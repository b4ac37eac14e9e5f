//! A copy of the example, with a server that works in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::airflow::{Airflow, TOKEN};

const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);
const PROGRAM: &str = env!("CARGO_BIN_EXE_owed");

/// The program, with its clock wound faster.
const FASTER: [(&str, &str); 3] = [
    ("every 10s", "every 200ms"),
    ("within 1m", "within 1s"),
    ("backoff 10s..30m", "backoff 100ms..500ms"),
];

pub struct World {
    folder: TempDir,
    server: Child,
}

impl World {
    pub fn start(airflow: &str) -> World {
        World::start_with(airflow, TOKEN)
    }

    pub fn start_with(airflow: &str, token: &str) -> World {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let mut text = fs::read_to_string(rules.join("airflow.rules")).expect("it is there");
        for (slow, fast) in FASTER {
            assert!(text.contains(slow), "{slow} is in rules/airflow.rules");
            text = text.replace(slow, fast);
        }
        fs::write(folder.path().join("airflow.rules"), text).expect("there is room");
        copy(&rules.join("airflow"), &folder.path().join("airflow"));
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut command = command(folder.path());
        command.args(["serve", "airflow.rules"]).stdout(Stdio::null()).stderr(log);
        command.env("AIRFLOW", airflow).env("AIRFLOW_TOKEN", token);
        let server = command.spawn().expect("the program can be started");
        let world = World { folder, server };
        let socket = world.path("owed-data/socket");
        world.until("the server listens", || {
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
        });
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// An empty file.
    /// A run makes its day of the table, and only then says that it has ended.
    pub fn finish(&self, airflow: &Airflow, day: &str) {
        let path = self.path(&format!("airflow/warehouse/sales/dt={day}/_SUCCESS"));
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, "").expect("there is room");
        let there = format!("sales({day})");
        self.until("the day is seen", || self.rows("sales").contains(&there));
        airflow.set_state(day, "success");
    }

    pub fn want_to(&self, day: &str) {
        let text = format!("from,to\n2026-03-23,{day}\n");
        fs::write(self.path("airflow/wanted.csv"), text).expect("there is room");
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).expect("there is a log")
    }

    /// What a command prints that goes well.
    pub fn owed(&self, arguments: &[&str]) -> String {
        let output = command(self.folder.path()).args(arguments).output();
        let output = output.expect("the program can be started");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "owed {}: {printed}{said}", arguments.join(" "));
        printed
    }

    pub fn rows(&self, relation: &str) -> Vec<String> {
        self.owed(&["list", relation]).lines().map(str::to_string).collect()
    }

    /// Until nothing that is wanted is missing.
    pub fn settle(&self) {
        self.owed(&["wait", "made", "--timeout", "60s"]);
    }

    /// Waits for something, not too long.
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            assert!(began.elapsed() < LIMIT, "{what}: not within {LIMIT:?}: {}", self.log());
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Whether the machine has them; what it lacks is said.
pub fn has_commands(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |name: &&&str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    let lacking: Vec<&&str> = names.iter().filter(|name| !has(name)).collect();
    if !lacking.is_empty() {
        eprintln!("SKIPPED: not installed: {lacking:?}");
    }
    lacking.is_empty()
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).stdin(Stdio::null());
    command.env_remove("OWED_DATA").env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
    command
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room");
    for entry in fs::read_dir(from).expect("it is a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).expect("there is room")),
        }
    }
}
