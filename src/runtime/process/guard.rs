//! What outlives the server just long enough to clear up after it. The guard is a process of its
//! own that holds the end of a pipe: over it the server tells the process groups that it starts
//! and those that have ended. When the server ends, however it ends, so does the pipe, and the
//! guard kills every group that is still listed. It is asked for nothing else, and ignores the
//! signals by which a terminal or a service manager ends a whole service: it ends with the pipe.
//!
//! A server may end between starting a process and telling of it. So every process is started
//! with a mark in its environment, and the guard also kills whatever has its server's mark. No
//! such process is too young for that: until it has its environment, it holds the pipe open.
//!
//! What it cannot promise: a process that began a session of its own (`setsid`, a daemon) stays,
//! as work that is meant to outlive its command must. One that left its group for another of the
//! session and also took the mark out of its environment is not found, nor one that runs as
//! another user. Who kills the guard and then the server leaves everything running, unless the
//! server has started or ended something in between: it finds its guard gone then, and starts
//! another. The next server over the same facts clears up then, before it starts anything.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::{Pid, getsid};

use crate::model::crash_point;

/// The server's end.
#[derive(Debug)]
pub struct Guard {
    program: PathBuf,
    arguments: Vec<OsString>,
    mark: String,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    process: Process,
    /// What the guard is to know.
    groups: BTreeSet<i32>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// `None` once the guard is to end.
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Starts the process: a program which ends in [`keep`].
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(program: &Path, arguments: &[&str]) -> io::Result<Guard> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let mark = new_mark();
        let mut process = Process::start(program, &arguments)?;
        process.write(&format!("={mark}\n"))?;
        let state = Mutex::new(State { process, groups: BTreeSet::new() });
        Ok(Guard { program: program.to_path_buf(), arguments, mark, state })
    }

    /// Starts this very program as a guard, be its file replaced by now or not.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_own() -> io::Result<Guard> {
        Guard::start(Path::new("/proc/self/exe"), &[SUBCOMMAND])
    }

    /// Takes over from the server that had this folder before, which has ended: what it started
    /// and its guard has not killed yet, or cannot kill any more, is killed before this returns.
    /// The next one finds our mark there.
    ///
    /// # Errors
    /// If the mark cannot be written.
    pub fn take_over(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join("guard");
        let before = fs::read_to_string(&path).unwrap_or_default();
        if let Some((mark, session)) = before.trim_end().split_once(' ')
            && let Ok(session) = session.parse()
        {
            kill_marked(mark, Pid::from_raw(session));
        }
        let session = getsid(None).map_err(io::Error::from)?;
        let new = folder.join("guard.new");
        let mut options = File::options();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(&new)?.write_all(format!("{} {session}\n", self.mark).as_bytes())?;
        crash_point("guard.mark.written");
        fs::rename(new, path)?;
        crash_point("guard.mark.in-place");
        Ok(())
    }

    /// The value of [`MARK`] in the environment of what this server starts.
    pub(super) fn mark(&self) -> &str {
        &self.mark
    }

    /// The guard's own process.
    pub fn pid(&self) -> u32 {
        self.lock().process.child.id()
    }

    /// Lists a group.
    pub(super) fn add(&self, group: Pid) {
        let mut state = self.lock();
        state.groups.insert(group.as_raw());
        self.tell(&mut state, &format!("+{group}\n"));
    }

    /// Takes a group off the list.
    pub(super) fn remove(&self, group: Pid) {
        let mut state = self.lock();
        state.groups.remove(&group.as_raw());
        self.tell(&mut state, &format!("-{group}\n"));
    }

    /// A guard that has gone is replaced by one that knows the whole list.
    fn tell(&self, state: &mut State, line: &str) {
        if state.process.write(line).is_ok() {
            return;
        }
        let groups = state.groups.iter().map(|group| format!("+{group}\n"));
        let list: String = std::iter::once(format!("={}\n", self.mark)).chain(groups).collect();
        let restarted = Process::start(&self.program, &self.arguments).and_then(|process| {
            // It has ended: this reaps it.
            state.process.end();
            state.process = process;
            state.process.write(&list)
        });
        match restarted {
            Ok(()) => tracing::warn!("the guard process ended, and was started again"),
            Err(error) => tracing::error!(
                "the guard process ended, and cannot be started again: {error}; if this server \
                 is killed, commands may be left running"
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left a list that is as good as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.lock().process.end();
    }
}

impl Process {
    fn start(program: &Path, arguments: &[OsString]) -> io::Result<Process> {
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pipe = child.stdin.take();
        Ok(Process { child, pipe })
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) => pipe.write_all(text.as_bytes()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn end(&mut self) {
        self.pipe = None;
        // Without a pipe it ends; if it cannot be waited for, it has ended.
        let _ = self.child.wait();
    }
}

/// The hidden command which a guard is started by.
pub const SUBCOMMAND: &str = "guard";

/// The variable by which a guard knows what its server started.
pub const MARK: &str = "OWED_GUARD";

/// One that no other server has.
fn new_mark() -> String {
    let now = jiff::Timestamp::now().as_nanosecond();
    format!("{}-{now}-{}", std::process::id(), MARKS.fetch_add(1, Ordering::Relaxed))
}

static MARKS: AtomicU64 = AtomicU64::new(0);

/// The guard's end: reads until the pipe ends, and kills what is listed or marked then.
///
/// # Errors
/// If the signals that it is to ignore cannot be ignored.
pub fn keep(pipe: impl BufRead) -> io::Result<()> {
    ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
    let List { groups, mark } = read_list(pipe);
    for group in groups {
        // What has gone needs no killing.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    if let (Some(mark), Ok(session)) = (mark, getsid(None)) {
        // The session is the guard's own, which is its server's.
        kill_marked(&mark, session);
    }
    Ok(())
}

/// What the server wants to be killed.
#[derive(Debug, Default, PartialEq)]
struct List {
    groups: BTreeSet<i32>,
    mark: Option<String>,
}

/// The list at the end. A pipe that breaks has ended.
fn read_list(mut pipe: impl BufRead) -> List {
    let mut list = List::default();
    let mut line = Vec::new();
    while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
        let whole = std::mem::take(&mut line);
        // A line that the server's end has torn names some other group.
        let Some(whole) = whole.strip_suffix(b"\n") else { break };
        let Some((sign, rest)) = whole.split_first() else { continue };
        let Ok(rest) = std::str::from_utf8(rest) else { continue };
        // 0 and 1 are groups that are never ours.
        let group = rest.parse::<i32>().ok().filter(|group| *group > 1);
        match (sign, group) {
            (b'=', _) => list.mark = Some(rest.to_string()).filter(|mark| !mark.is_empty()),
            (b'+', Some(group)) => {
                list.groups.insert(group);
            }
            (b'-', Some(group)) => {
                list.groups.remove(&group);
            }
            _ => {}
        }
    }
    list
}

/// What starts others faster than this is not caught up with, nor what the kernel holds longer.
const ROUNDS_MAX: u32 = 1_000;
const PAUSE: Duration = Duration::from_millis(5);

/// Kills what has the mark in its environment, and what that starts meanwhile, in a session.
fn kill_marked(mark: &str, session: Pid) {
    let variable = format!("{MARK}={mark}");
    for _ in 0..ROUNDS_MAX {
        let found: Vec<Pid> =
            processes().filter(|one| is_marked(*one, session, &variable)).collect();
        if found.is_empty() {
            return;
        }
        for process in found {
            let _ = kill(process, Signal::SIGKILL);
        }
        thread::sleep(PAUSE);
    }
}

fn processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok().map(Pid::from_raw))
}

/// What has ended has no environment any more.
fn is_marked(process: Pid, session: Pid, variable: &str) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{process}/environ")) else { return false };
    let has_mark = environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes());
    has_mark && getsid(Some(process)) == Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_what_came_and_did_not_go() {
        let pipe = "+12\n+13\n-12\n+14\n\n+0\n+-5\n+1\nnoise\n+x\n+15";
        assert_eq!(read_list(pipe.as_bytes()), List { groups: [13, 14].into(), mark: None });
        let marked = List { groups: BTreeSet::new(), mark: Some("7-1".to_string()) };
        assert_eq!(read_list(&b"=7-1\n"[..]), marked);
        assert_eq!(read_list(&b"=\n=7-"[..]), List::default());
    }
}
