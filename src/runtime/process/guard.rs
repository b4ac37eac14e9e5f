//! What outlives the server just long enough to clear up after it. The guard is a process of its
//! own that holds the end of a pipe: over it the server tells the process groups that it starts
//! and those that have ended. When the server ends, however it ends, so does the pipe, and the
//! guard kills every group that is still listed. It is asked for nothing else, and ignores the
//! signals by which a terminal or a service manager ends a whole service: it ends with the pipe.
//!
//! What it cannot promise: a process that leaves its group (`setsid`, a daemon) is not found.
//! Between the start of a process and the guard's hearing of it lies a moment; a server that is
//! killed in it leaves to the kernel (`PR_SET_PDEATHSIG`) the process itself, and to nobody what
//! that may have started by then. Who kills the guard and then the server is left with the
//! kernel's part alone, unless the server starts something in between: it finds its guard gone
//! then, and starts another.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The server's end.
#[derive(Debug)]
pub struct Guard {
    program: PathBuf,
    arguments: Vec<OsString>,
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
        let process = Process::start(program, &arguments)?;
        let state = Mutex::new(State { process, groups: BTreeSet::new() });
        Ok(Guard { program: program.to_path_buf(), arguments, state })
    }

    /// Starts this very program as a guard, be its file replaced by now or not.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_own() -> io::Result<Guard> {
        Guard::start(Path::new("/proc/self/exe"), &[SUBCOMMAND])
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
        let list: String = state.groups.iter().map(|group| format!("+{group}\n")).collect();
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

/// The guard's end: reads until the pipe ends, and kills what is listed then.
///
/// # Errors
/// If the signals that it is to ignore cannot be ignored.
pub fn keep(pipe: impl BufRead) -> io::Result<()> {
    ctrlc::set_handler(|| {}).map_err(io::Error::other)?;
    for group in listed(pipe) {
        // What has gone needs no killing.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    Ok(())
}

/// The groups that are on the list at the end. A pipe that breaks has ended.
fn listed(mut pipe: impl BufRead) -> BTreeSet<i32> {
    let mut groups = BTreeSet::new();
    let mut line = Vec::new();
    while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
        let whole = std::mem::take(&mut line);
        // A line that the server's end has torn names some other group.
        let Some(whole) = whole.strip_suffix(b"\n") else { break };
        let Some((sign, number)) = whole.split_first() else { continue };
        let number = std::str::from_utf8(number).ok().and_then(|text| text.parse::<i32>().ok());
        // 0 and 1 are groups that are never ours.
        let Some(group) = number.filter(|group| *group > 1) else { continue };
        match sign {
            b'+' => {
                groups.insert(group);
            }
            b'-' => {
                groups.remove(&group);
            }
            _ => {}
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_what_came_and_did_not_go() {
        let pipe = "+12\n+13\n-12\n+14\n\n+0\n+-5\n+1\nnoise\n+x\n+15";
        assert_eq!(listed(pipe.as_bytes()).into_iter().collect::<Vec<_>>(), [13, 14]);
    }
}
