//! A copy of the example, with a server that works in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use percent_encoding::percent_decode_str;
use tempfile::TempDir;

use super::postgres::Postgres;

/// dbt takes its time, on a busy machine more than once.
const LIMIT: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(200);

/// The program, with its clock wound faster.
const FASTER: [(&str, &str); 2] = [("every 1m", "every 1s"), ("backoff 1m..30m", "backoff 1s..2s")];

pub struct World {
    folder: TempDir,
    server: Child,
}

impl World {
    pub fn start(postgres: &Postgres, dbt: &Path) -> World {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let mut text = fs::read_to_string(rules.join("dbt.rules")).expect("it is there");
        for (slow, fast) in FASTER {
            assert!(text.contains(slow), "{slow} is in rules/dbt.rules");
            text = text.replace(slow, fast);
        }
        fs::write(folder.path().join("dbt.rules"), text).expect("there is room");
        for part in ["bin", "shop", "shop/models", "shop/macros"] {
            copy(&rules.join("dbt").join(part), &folder.path().join("dbt").join(part));
        }
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut command = command(folder.path());
        command.args(["serve", "dbt.rules"]).stdout(Stdio::null()).stderr(log);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = dbt.parent().expect("it is in a folder").to_path_buf();
        let path = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&path)));
        command.env("PATH", path.expect("a path")).env("WAREHOUSE", postgres.url());
        command.envs(variables(&postgres.url()));
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

    /// Until these models are as they should be for these days.
    pub fn until_met(&self, all: &[(&str, &str)]) {
        for (model, day) in all {
            self.until(&format!("{model} of {day}"), || {
                let state = format!("made.state(\"{model}\", {day}, \"ok\")");
                self.owed(&["list", "made.state", model]).contains(&state)
            });
        }
    }

    /// Gives what it was.
    pub fn break_model(&self, name: &str) -> String {
        let path = self.path(&format!("dbt/shop/models/{name}.sql"));
        let text = fs::read_to_string(&path).expect("it is there");
        fs::write(path, text.replace("select ", "select nonsense, ")).expect("there is room");
        text
    }

    pub fn mend_model(&self, name: &str, text: &str) {
        let path = self.path(&format!("dbt/shop/models/{name}.sql"));
        fs::write(path, text).expect("there is room");
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

/// Where dbt is, if it is there.
pub fn dbt() -> Option<PathBuf> {
    if let Some(own) = std::env::var_os("OWED_DBT") {
        return Some(PathBuf::from(own));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("dbt")).find(|dbt| dbt.is_file())
}

/// A URL in the variables that psql and others go by.
fn variables(url: &str) -> [(&'static str, String); 5] {
    let said = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = url.split([':', '/', '@']).map(said).collect();
    let [_, _, _, user, password, host, port, database] = parts.try_into().expect("a whole URL");
    [
        ("PGHOST", host),
        ("PGPORT", port),
        ("PGUSER", user),
        ("PGPASSWORD", password),
        ("PGDATABASE", database),
    ]
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.current_dir(folder).stdin(Stdio::null());
    command.env_remove("OWED_DATA").env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
    command
}

/// The files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room");
    for entry in fs::read_dir(from).expect("it is a folder").flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("there is room");
        }
    }
}
