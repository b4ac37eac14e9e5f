//! What the reconciler asks for.

use std::fmt;

use super::{Key, RunId};
use crate::model::{Change, Duration, Timestamp};

/// Something to be done, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Make these facts durable before any command after it.
    Record(Vec<Change>),
    /// Look at these instances of a goal.
    Look { run: RunId, goal: usize, keys: Vec<Key> },
    /// Try to bring these instances of a goal about, in one run.
    Act { run: RunId, goal: usize, starts: Vec<Start> },
    /// Ask a run to stop.
    Stop { run: RunId, why: Stopping },
    /// Read the sources behind a goal's `ok`.
    ReadSources { goal: usize },
    /// Tell whoever is in charge.
    Notice(Notice),
}

impl Command {
    /// The facts that it wants to be durable.
    pub fn changes(&self) -> &[Change] {
        match self {
            Command::Record(changes) => changes,
            Command::Look { .. }
            | Command::Act { .. }
            | Command::Stop { .. }
            | Command::ReadSources { .. }
            | Command::Notice(_) => &[],
        }
    }
}

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    pub key: Key,
    /// Counts from 1 within an episode of being missing.
    pub number: u32,
    /// When the first attempt of the episode began.
    pub episode: Timestamp,
}

/// Why a run is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopping {
    /// An action has used its `within`.
    Within(Duration),
    /// A check has used its `timeout`.
    Timeout(Duration),
    /// None of its instances is expected any more.
    NotExpected,
    /// So does the server.
    ServerStops,
}

impl fmt::Display for Stopping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopping::Within(within) => write!(f, "stopped: not done within {within}"),
            Stopping::Timeout(timeout) => write!(f, "no answer within {timeout}"),
            Stopping::ServerStops => f.write_str("stopped with the server"),
            Stopping::NotExpected => f.write_str("stopped: not expected any more"),
        }
    }
}

/// What is worth a line in a log, or an alarm.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// So many in a row failed, the last with this message: one probe at a time from now on.
    Tripped { pool: String, failures: u32, message: String },
    /// A probe came through.
    Recovered { pool: String },
}
