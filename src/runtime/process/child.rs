//! A process of ours from its start to its end, with all that it started: it leads a process
//! group of its own, and what is left of the group is killed when the leader has ended.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::guard::{Guard, MARK};
use super::launch::Launch;
use super::output::{Flooded, last_line, read_all, read_tail, tail_text};
use crate::model::crash_point;

/// How much a process may write, and how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of standard output; who writes more is killed.
    pub output_bytes_max: usize,
    /// From being asked to stop to being killed.
    pub grace: Duration,
    /// From the leader's end to the end of its output, which others may hold open.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            output_bytes_max: 64 << 20,
            grace: Duration::from_secs(10),
            drain: Duration::from_secs(1),
        }
    }
}

/// How a process ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    pub ending: Ending,
    /// Standard output, as far as it was read.
    pub stdout: Vec<u8>,
    /// The end of standard error, as text.
    pub stderr_tail: String,
    pub duration: Duration,
    /// Whether it was asked to stop before it ended.
    pub is_stopped: bool,
}

/// What ended it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Exited(i32),
    /// By the signal of that name.
    Killed(String),
    /// It could not be started, and why.
    NotStarted(String),
    /// It wrote more than it may, and was killed.
    Flooded {
        bytes_max: usize,
    },
}

impl Ended {
    /// The last line of standard error that says something.
    pub fn last_line(&self) -> Option<String> {
        last_line(&self.stderr_tail)
    }
}

/// Asks a process to stop. Does nothing once it has ended.
#[derive(Clone, Debug)]
pub struct Stopper {
    order: Arc<watch::Sender<Order>>,
    pid: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    GoOn,
    Stop,
    Kill,
}

impl Stopper {
    /// Asks the group to stop, and kills it when its grace is over.
    pub fn stop(&self) {
        self.order.send_if_modified(|order| raise(order, Order::Stop));
    }

    /// Kills the group.
    pub fn kill(&self) {
        self.order.send_if_modified(|order| raise(order, Order::Kill));
    }

    /// The process, which leads a group of that number; `None` if it could not be started.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }
}

/// An order is never taken back.
fn raise(order: &mut Order, to: Order) -> bool {
    let is_more = to > *order;
    *order = to.max(*order);
    is_more
}

/// Starts a process before it returns; the future follows it to its end, and kills it if
/// dropped before. Call it in a runtime.
pub fn spawn(
    launch: Launch,
    limits: Limits,
    guard: Arc<Guard>,
) -> (Stopper, impl Future<Output = Ended> + Send + 'static) {
    let (order, orders) = watch::channel(Order::GoOn);
    let began = Instant::now();
    let started = Running::start(&launch, guard);
    let pid = started.as_ref().ok().map(|running| running.group.id.as_raw().unsigned_abs());
    let input = launch.input;
    let end = async move {
        match started {
            Ok(running) => running.follow(input, limits, orders, began).await,
            Err(reason) => Ended {
                ending: Ending::NotStarted(reason),
                stdout: Vec::new(),
                stderr_tail: String::new(),
                duration: began.elapsed(),
                is_stopped: false,
            },
        }
    };
    (Stopper { order: Arc::new(order), pid }, end)
}

/// A process that was started.
struct Running {
    child: Child,
    group: Group,
    /// Says when some child of ours has ended.
    deaths: tokio::signal::unix::Signal,
}

impl Running {
    fn start(launch: &Launch, guard: Arc<Guard>) -> Result<Running, String> {
        let cannot = |error: io::Error| {
            let reason = match error.raw_os_error() {
                Some(code) => Errno::from_raw(code).desc().to_string(),
                None => error.to_string(),
            };
            format!("cannot start {}: {reason}", launch.program.to_string_lossy())
        };
        // Before the start, so that no end is missed.
        let deaths = signal(SignalKind::child()).map_err(cannot)?;
        // Nothing is to be done between fork and exec, and no `PATH` to be searched there: so the
        // kernel need not copy what maps the memory of a large server, which would take it longer
        // than all the rest.
        let mut command = tokio::process::Command::new(launch.find_program()?);
        command
            .args(&launch.arguments)
            .env_clear()
            .envs(launch.environment.iter().map(|(name, value)| (name, value)))
            .env(MARK, guard.mark())
            .current_dir(&launch.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if !launch.folder.is_dir() {
            let folder = launch.folder.display();
            return Err(format!("cannot start anything in {folder}: there is no such folder"));
        }
        crash_point("process.spawn.before");
        let child = command.spawn().map_err(cannot)?;
        crash_point("process.spawn.after");
        let id = child.id().and_then(|id| i32::try_from(id).ok()).expect("it has just started");
        Ok(Running { child, group: Group::new(Pid::from_raw(id), guard), deaths })
    }

    async fn follow(
        mut self,
        input: Vec<u8>,
        limits: Limits,
        mut orders: watch::Receiver<Order>,
        began: Instant,
    ) -> Ended {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut is_flooded = false;
        let mut is_stopped = false;
        {
            let mut talk = pin!(talk(&mut self.child, input, &mut stdout, &mut stderr, limits));
            let mut is_talking = true;
            let mut deadline = None;
            loop {
                tokio::select! {
                    () = leader_ended(self.group.id, &mut self.deaths) => break,
                    said = &mut talk, if is_talking => {
                        is_talking = false;
                        if said.is_err() {
                            is_flooded = true;
                            self.group.signal(Signal::SIGKILL);
                        }
                    }
                    order = next_order(&mut orders) => {
                        is_stopped = true;
                        match order {
                            Order::GoOn | Order::Stop => {
                                self.group.signal(Signal::SIGTERM);
                                deadline = Some(Instant::now() + limits.grace);
                            }
                            Order::Kill => self.group.signal(Signal::SIGKILL),
                        }
                    }
                    () = sleep_until(deadline.unwrap_or(began)), if deadline.is_some() => {
                        deadline = None;
                        self.group.signal(Signal::SIGKILL);
                    }
                }
            }
            crash_point("process.ended");
            // The leader is not reaped yet, so that its number is still the group's.
            self.group.finish();
            if is_talking {
                is_flooded |= matches!(timeout(limits.drain, talk).await, Ok(Err(Flooded)));
            }
        }
        crash_point("process.reap.before");
        let status = self.child.wait().await.expect("nobody else waits for our children");
        reap(self.group.id).await;
        crash_point("process.reap.after");
        let ending = match is_flooded {
            true => Ending::Flooded { bytes_max: limits.output_bytes_max },
            false => ending(status),
        };
        let stderr_tail = tail_text(&stderr);
        Ended { ending, stdout, stderr_tail, duration: began.elapsed(), is_stopped }
    }
}

/// Writes the input and reads what comes, until the process has closed everything.
async fn talk(
    child: &mut Child,
    input: Vec<u8>,
    stdout: &mut Vec<u8>,
    stderr: &mut Vec<u8>,
    limits: Limits,
) -> Result<(), Flooded> {
    let stdin = child.stdin.take().expect("it is piped");
    let out = child.stdout.take().expect("it is piped");
    let err = child.stderr.take().expect("it is piped");
    let written = async {
        write(stdin, input).await;
        Ok(())
    };
    let complained = async {
        read_tail(err, stderr).await;
        Ok(())
    };
    tokio::try_join!(written, complained, read_all(out, stdout, limits.output_bytes_max))?;
    Ok(())
}

/// Nobody has to read their input: a pipe that is closed is no mistake.
async fn write(mut stdin: ChildStdin, input: Vec<u8>) {
    let _ = stdin.write_all(&input).await;
}

/// Returns when the leader has ended; it is not reaped by that.
async fn leader_ended(leader: Pid, deaths: &mut tokio::signal::unix::Signal) {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    while let Ok(WaitStatus::StillAlive) | Err(Errno::EINTR) = waitid(Id::Pid(leader), flags) {
        deaths.recv().await;
    }
}

/// The next order; none comes when nobody is left to give one.
async fn next_order(orders: &mut watch::Receiver<Order>) -> Order {
    match orders.changed().await {
        Ok(()) => *orders.borrow_and_update(),
        Err(_) => std::future::pending().await,
    }
}

fn ending(status: ExitStatus) -> Ending {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Exited(code),
        (None, Some(number)) => Ending::Killed(match Signal::try_from(number) {
            Ok(signal) => signal.as_str().to_string(),
            Err(_) => format!("signal {number}"),
        }),
        (None, None) => unreachable!("a process exits or is killed"),
    }
}

/// So many times 10ms, orphans that were killed may take to end.
const REAP_ROUNDS_MAX: u32 = 50;

/// Where orphans become ours, as they do in a container without an init, those of the group are
/// reaped here.
async fn reap(group: Pid) {
    let any_of_group = Pid::from_raw(-group.as_raw());
    let mut rounds = 0;
    while rounds < REAP_ROUNDS_MAX {
        match waitpid(any_of_group, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::EINTR) => {}
            Err(_) => return,
            Ok(WaitStatus::StillAlive) => {
                rounds += 1;
                sleep(Duration::from_millis(10)).await;
            }
            Ok(_) => {}
        }
    }
}

/// A process group that the guard knows of.
struct Group {
    id: Pid,
    guard: Arc<Guard>,
    is_over: bool,
}

impl Group {
    fn new(id: Pid, guard: Arc<Guard>) -> Group {
        guard.add(id);
        crash_point("process.guarded");
        Group { id, guard, is_over: false }
    }

    /// A group that is gone needs no signal.
    fn signal(&self, signal: Signal) {
        let _ = killpg(self.id, signal);
    }

    /// Kills what is left of it.
    fn finish(&mut self) {
        self.signal(Signal::SIGKILL);
        crash_point("process.group.killed");
        self.guard.remove(self.id);
        self.is_over = true;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            self.finish();
        }
    }
}
