//! How a command ends.

use std::io;
use std::process::ExitCode;

use thiserror::Error;

/// What the exit code says of a command that ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Done,
    /// It ran, but something was refused or differs; that has been said.
    Faulty,
    /// Something is owed; only where the caller asked for this code.
    Owed,
    /// What was waited for has not come in time.
    TimeOver,
}

/// Why a command stopped.
#[derive(Debug, Error)]
pub(super) enum Failure {
    /// The command line asks for something that the program does not have.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    World(String),
    /// Somebody else has what it needs.
    #[error("{0}")]
    Busy(String),
    /// Its reasons have been said already.
    #[error("stopped")]
    Said,
    /// Standard output could not be written.
    #[error("cannot write the results: {0}")]
    Output(#[from] io::Error),
}

impl Status {
    /// The exit code.
    pub(super) fn code(self) -> ExitCode {
        match self {
            Status::Done => ExitCode::SUCCESS,
            Status::Faulty => ExitCode::from(1),
            Status::Owed => ExitCode::from(2),
            Status::TimeOver => ExitCode::from(124),
        }
    }
}

/// The exit code of wrong usage, `EX_USAGE` of sysexits.
pub(super) const USAGE_CODE: u8 = 64;
/// The exit code of what may go well later, `EX_TEMPFAIL` of sysexits.
const BUSY_CODE: u8 = 75;

impl Failure {
    /// The exit code. Whoever closes our output early, as `head` does, has what they wanted.
    pub(super) fn code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) => ExitCode::from(USAGE_CODE),
            Failure::Busy(_) => ExitCode::from(BUSY_CODE),
            Failure::World(_) | Failure::Said => ExitCode::from(1),
            Failure::Output(_) if self.is_closed_pipe() => ExitCode::SUCCESS,
            Failure::Output(_) => ExitCode::from(1),
        }
    }

    /// Whether there is nothing to say of it.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Failure::Said) || self.is_closed_pipe()
    }

    fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
