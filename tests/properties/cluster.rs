//! Members of a cluster as processes of their own, some of which are killed at any moment.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use fastrand::Rng;
use owed::cluster::ClusterFile;
use owed::engine::Workers;
use tempfile::TempDir;

pub struct Cluster {
    folder: TempDir,
    members: Arc<Mutex<Vec<Child>>>,
    workers: Workers,
    kills: Arc<AtomicUsize>,
}

impl Cluster {
    /// So many members that listen.
    pub fn start(members: usize) -> Cluster {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let mut text = String::from("secret secret\n");
        for _ in 0..members {
            // Free a moment ago, and nobody else is given it so soon.
            let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
            text += &format!("member {}\n", port.expect("a free port"));
        }
        std::fs::write(folder.path().join("secret"), "known to all members\n").expect("a file");
        let path = folder.path().join("cluster");
        std::fs::write(&path, text).expect("a file");
        let children = (1..=members).map(|member| start(&path, member)).collect();
        let file = ClusterFile::read(&path, |_| None).expect("a right file");
        let workers = Workers::Cluster(Arc::new(owed::cluster::Cluster::new(file)));
        let members = Arc::new(Mutex::new(children));
        Cluster { folder, members, workers, kills: Arc::default() }
    }

    pub fn workers(&self) -> Workers {
        self.workers.clone()
    }

    /// How many members were killed so far.
    pub fn kills(&self) -> usize {
        self.kills.load(Ordering::Relaxed)
    }

    /// In every third case: kills a member after a while and starts it again, until it is dropped.
    pub fn kill_sometimes(&self, seed: u64) -> Killing {
        let (members, kills) = (self.members.clone(), self.kills.clone());
        let path = self.folder.path().join("cluster");
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = is_over.clone();
        let mut random = Rng::with_seed(seed);
        let thread = seed.is_multiple_of(3).then(|| {
            std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(random.u64(1..60)));
                    let mut members = members.lock().expect("nobody panics with it");
                    let at = random.usize(..members.len());
                    members[at].kill().expect("it is ours");
                    members[at].wait().expect("it is ours");
                    members[at] = start(&path, at + 1);
                    kills.fetch_add(1, Ordering::Relaxed);
                    drop(members);
                    // One that is killed for ever gets nothing done.
                    std::thread::sleep(Duration::from_millis(500));
                }
            })
        });
        Killing { is_over, thread }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut members = self.members.lock().expect("nobody panics with it");
        for member in members.iter_mut() {
            // It may have ended already.
            let _ = member.kill();
            let _ = member.wait();
        }
    }
}

pub struct Killing {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Killing {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

/// A member, once it listens. What it says after that is thrown away, but for panics.
fn start(file: &Path, member: usize) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.arg("join").arg(file).args(["--member", &member.to_string()]);
    command.env_remove("RUST_LOG").stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let first = lines.next().and_then(Result::ok).unwrap_or_default();
    assert!(first.contains("listening on"), "a member: {first}");
    std::thread::spawn(move || {
        let said = lines.map_while(Result::ok);
        said.filter(|line| line.contains("panicked")).for_each(|line| println!("{line}"));
    });
    child
}
