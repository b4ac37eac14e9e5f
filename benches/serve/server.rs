//! A real server, as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Server {
    process: Child,
    folder: PathBuf,
}

/// A folder with rules, which goes when the machine's temporary files go.
pub fn folder(rules: &str) -> PathBuf {
    let folder = tempfile::tempdir().expect("a folder can be made").keep();
    std::fs::write(folder.join("bench.rules"), rules).expect("a file can be written");
    folder
}

impl Server {
    /// Starts it, and waits until it listens.
    pub fn start(folder: &Path) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
        command.args(["serve", "bench.rules"]).current_dir(folder).env("RUST_LOG", "warn");
        let process = command.stdin(Stdio::null()).spawn().expect("it can be started");
        let server = Server { process, folder: folder.to_path_buf() };
        while !server.is_listening() {
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    fn is_listening(&self) -> bool {
        std::os::unix::net::UnixStream::connect(self.folder.join("owed-data/socket")).is_ok()
    }

    /// Runs a command against it.
    pub fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
        command.args(arguments).current_dir(&self.folder).stdout(Stdio::null());
        let status = command.status().expect("it can be started");
        assert!(status.success(), "owed {arguments:?}: {status}");
    }

    pub fn resident_mib(&self) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it is there");
        let kib: f64 =
            line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number");
        kib / 1024.0
    }

    pub fn processor_seconds(&self) -> f64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> =
            stat.rsplit(") ").next().expect("it is there").split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        // utime and stime are the 14th and 15th field, and the first two are cut off.
        (ticks(11) + ticks(12)) / 100.0
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.process.id());
        std::fs::read_to_string(path).expect("the server runs")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.process.id() as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("it runs");
        self.process.wait().expect("it ends");
    }
}
