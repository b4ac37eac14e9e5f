//! A server that works in a folder of its own: what tests share that play an example with another
//! program beside it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PAUSE: Duration = Duration::from_millis(20);

/// A server over a copy of an example.
pub struct Served {
    folder: TempDir,
    server: Child,
    limit: Duration,
}

impl Served {
    /// Serves `rules/NAME.rules`, changed as `faster` says, with some files of the folder beside
    /// it; `prepare` sets the environment. Nothing that is waited for takes longer than `limit`.
    pub fn start(
        name: &str,
        faster: &[(&str, &str)],
        files: &[&str],
        limit: Duration,
        prepare: impl FnOnce(&mut Command),
    ) -> Served {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        let file = format!("{name}.rules");
        let mut text = fs::read_to_string(rules.join(&file)).expect("it is there");
        for (slow, fast) in faster {
            assert!(text.contains(slow), "{slow} is in rules/{file}");
            text = text.replace(slow, fast);
        }
        fs::write(folder.path().join(&file), text).expect("there is room");
        for part in files {
            copy_files(&rules.join(part), &folder.path().join(part));
        }
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut command = command(folder.path());
        command.args(["serve", &file]).stdout(Stdio::null()).stderr(log);
        prepare(&mut command);
        let server = command.spawn().expect("the program can be started");
        let served = Served { folder, server, limit };
        let socket = served.path("owed-data/socket");
        served.until("the server listens", || {
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
        });
        served
    }

    pub fn path(&self, name: &str) -> PathBuf {
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

    /// Waits for something, not too long.
    pub fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let began = Instant::now();
        while !holds() {
            let limit = self.limit;
            assert!(began.elapsed() < limit, "{what}: not within {limit:?}: {}", self.log());
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.current_dir(folder).stdin(Stdio::null());
    command.env_remove("OWED_DATA").env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
    command
}

/// The files of a folder, without the folders in it.
fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("there is room");
    for entry in fs::read_dir(from).expect("it is a folder").flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("there is room");
        }
    }
}
