//! `serve`: the engine that runs for ever, and brings about what is owed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration as StdDuration;

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::command_line::parse_duration;
use super::data::Data;
use super::failure::{Failure, Status};
use super::load::{Loaded, compile_file, load};
use super::log::{Log, start_log};
use super::talk;
use super::workers::Workers;
use crate::compile::Compiled;
use crate::diagnostic::{Look, render_text};
use crate::model::{Duration, crash_point};
use crate::reconcile::Mode;
use crate::runtime::process::Guard;
use crate::runtime::{Ask, End, Handle, LoadRules, ServerOptions, StoreOptions, World};
use crate::server::{Socket, SocketError};

/// Look, decide, act, and look again, for ever
///
/// Keeps the facts in a store that survives crashes, runs the checks of the rules, and the
/// actions for what is ready. Rules that change are taken over; if they have errors the old
/// ones stay in force. Ends with SIGTERM or Ctrl-C: nothing new begins, and what runs is
/// asked to stop and has ten seconds.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed serve my.rules
  owed serve my.rules --data /var/lib/owed --history 90d --log json
  owed serve my.rules --observe-only
  owed serve my.rules --cluster two.cluster
  owed status                          # in another terminal

Exit codes: 0 stopped as asked, 1 error, 64 wrong usage, 75 another server has the
store.")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    #[command(flatten)]
    data: Data,
    /// The socket, if not `socket` in the data directory
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Look, and never act: to stand beside an old scheduler
    #[arg(long)]
    observe_only: bool,
    /// How long the history is kept; for ever if it is not said
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    history: Option<Duration>,
    #[command(flatten)]
    workers: Workers,
    /// How log lines are written, on standard error; RUST_LOG chooses among them
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Log::Text)]
    #[arg(hide_possible_values = true)]
    log: Log,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let loaded = load(&arguments.file)?;
    start_log(arguments.log);
    let workers = arguments.workers.gather()?;
    let guard = Guard::start_own()
        .map_err(|error| Failure::World(format!("cannot start the guard: {error}")))?;
    crash_point("serve.guarded");
    let folder = arguments.data.folder();
    let options = ServerOptions {
        file: arguments.file.clone(),
        store: StoreOptions { folder: folder.clone(), history: arguments.history },
        mode: if arguments.observe_only { Mode::ObserveOnly } else { Mode::Act },
        workers,
    };
    // One thread that lasts: processes are ours for as long as it does.
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let tokio =
        tokio.map_err(|error| Failure::World(format!("cannot wait for events: {error}")))?;
    let end = tokio.block_on(async {
        let (asks_in, asks) = mpsc::channel(ASKS_MAX);
        listen_to_signals(asks_in)?;
        let (world, handle) = World::start(options, loaded, guard).await?;
        crash_point("serve.started");
        let path = arguments.socket.clone().unwrap_or_else(|| super::client::socket_in(&folder));
        let socket = Socket::open(&path)?;
        crash_point("serve.socket-open");
        info!("serving {} on {}", arguments.file.display(), path.display());
        let clients = tokio::spawn(socket.run(handle.clone()));
        let pulse = tokio::spawn(live(handle));
        let end = world.run(reader_of_rules(arguments.log), asks).await;
        crash_point("serve.ended");
        // Who does not listen is not waited for.
        let _ = tokio::time::timeout(LAST_WORDS, clients).await;
        pulse.abort();
        Ok::<End, Failure>(end)
    })?;
    match end {
        End::Asked => {
            info!("stopped");
            Ok(Status::Done)
        }
        End::Broken(why) => Err(Failure::World(why)),
    }
}

/// How long clients may take to hear that the server stops.
const LAST_WORDS: StdDuration = StdDuration::from_secs(1);

/// How many requests to stop or reload may wait.
const ASKS_MAX: usize = 16;

fn listen_to_signals(asks: mpsc::Sender<Ask>) -> Result<(), Failure> {
    let kinds = [
        (SignalKind::terminate(), Ask::Stop),
        (SignalKind::interrupt(), Ask::Stop),
        (SignalKind::hangup(), Ask::Reload),
    ];
    for (kind, ask) in kinds {
        let cannot = |error| Failure::World(format!("cannot listen to signals: {error}"));
        let mut signals = signal(kind).map_err(cannot)?;
        let asks = asks.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if ask == Ask::Stop {
                    tell_systemd(NotifyState::Stopping);
                }
                if asks.send(ask).await.is_err() {
                    break;
                }
            }
        });
    }
    Ok(())
}

/// Says that we are ready, and from time to time that the machine still turns.
async fn live(handle: Handle) {
    tell_systemd(NotifyState::Ready);
    let pulse = sd_notify::watchdog_enabled().map_or(PULSE, |within| within / 2);
    while handle.query(|_| ()).await.is_ok() {
        tell_systemd(NotifyState::Watchdog);
        tokio::time::sleep(pulse).await;
    }
}

fn tell_systemd(state: NotifyState<'_>) {
    // Where no systemd listens there is nobody to tell.
    let _ = sd_notify::notify(&[state]);
}

const PULSE: StdDuration = StdDuration::from_secs(10);

/// Compiles the rules again, and says what is wrong with them.
fn reader_of_rules(log: Log) -> LoadRules {
    Arc::new(move |path: &Path| {
        let Compiled { sources, file, program, diagnostics } = match compile_file(path) {
            Ok(compiled) => compiled,
            Err(failure) => {
                error!("{failure}");
                return Err(vec![path.to_path_buf()]);
            }
        };
        match log {
            _ if diagnostics.is_empty() => {}
            Log::Text => talk::plain(&render_text(&diagnostics, &sources, talk::look())),
            Log::Json => warn!("{}", render_text(&diagnostics, &sources, Look::PLAIN).trim_end()),
        }
        match program {
            Some(program) => Ok(Loaded { sources, file, program }),
            None => Err(sources.names().map(PathBuf::from).collect()),
        }
    })
}

impl From<SocketError> for Failure {
    fn from(error: SocketError) -> Failure {
        match error {
            SocketError::Busy { .. } => Failure::Busy(error.to_string()),
            other => Failure::World(other.to_string()),
        }
    }
}
