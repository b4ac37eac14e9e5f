//! What the world tells the machine, and what the machine wants of the world.

use std::path::PathBuf;

use super::news::News;
use crate::feed::Submission;
use crate::model::{Author, Delta, RelationId, Timestamp, Value};
use crate::reconcile::{Key, Notice, RunId, Stopping};

/// Whom an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Something that happened in the world.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody wants this to be true.
    Submit { ticket: Ticket, author: Author, submission: Submission },
    /// Somebody wants something of many instances.
    Ask { ticket: Ticket, who: String, request: Request },
    /// A look or an action has ended.
    Ended { run: RunId, ended: Ended },
    /// There is news of a source.
    SourceRead { relation: RelationId, news: News },
}

/// How a run ended. Statements and requests say it as commands do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub exit: ProcessExit,
    /// All that it printed.
    pub output: Vec<u8>,
    /// The end of what it wrote to standard error.
    pub complaint: String,
}

impl Ended {
    /// It went well, and this is what it says.
    pub fn done(output: Vec<u8>) -> Ended {
        Ended { exit: ProcessExit::Code(0), output, complaint: String::new() }
    }

    /// It did not go well.
    pub fn failed(why: impl Into<String>) -> Ended {
        let exit = ProcessExit::Failed(why.into());
        Ended { exit, output: Vec::new(), complaint: String::new() }
    }

    /// It can never go well.
    pub fn gone(why: String) -> Ended {
        Ended { exit: ProcessExit::Code(EX_UNAVAILABLE), output: Vec::new(), complaint: why }
    }

    /// The answer comes later.
    pub fn later() -> Ended {
        let exit = ProcessExit::Code(EX_TEMPFAIL);
        Ended { exit, output: Vec::new(), complaint: String::new() }
    }
}

/// "Temporary failure" of sysexits.h: the answer comes later.
pub(super) const EX_TEMPFAIL: i32 = 75;
/// "Service unavailable" of sysexits.h: it can never succeed.
pub(super) const EX_UNAVAILABLE: i32 = 69;

/// What became of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProcessExit {
    Code(i32),
    Signal(String),
    /// It could not be started, or not be listened to, and why.
    Failed(String),
}

/// What somebody may want of instances that a pattern describes, or of goals and pools.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Accept that they are missing until then.
    Waive {
        goal: RelationId,
        pattern: Vec<Option<Value>>,
        until: Timestamp,
        reason: String,
    },
    /// Look at those that are missing and try them, with no regard to earlier failures.
    Retry {
        goal: RelationId,
        pattern: Vec<Option<Value>>,
    },
    Pause(Pausable),
    Resume(Pausable),
}

/// What can be paused: nothing new is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pausable {
    Everything,
    Goal(String),
    Pool(String),
}

/// Something to be done in the world, or to be told.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Run the check of a goal.
    Look {
        run: RunId,
        goal: String,
        keys: Vec<Key>,
    },
    /// Run the action of a goal, for attempts that are recorded.
    Act {
        run: RunId,
        goal: String,
        starts: Vec<crate::reconcile::Start>,
    },
    /// Ask a command to stop.
    Stop {
        run: RunId,
        why: Stopping,
    },
    /// Read these sources.
    ReadSources(Vec<RelationId>),
    /// An answer: what was asked for is durable, or was refused.
    Answer {
        ticket: Ticket,
        answer: Result<Receipt, String>,
    },
    /// What changed.
    Changed(Delta),
    Notice(Notice),
    /// What a job printed, or a source said, is not used, and why.
    Trouble {
        of: String,
        message: String,
    },
    /// Nothing can be made durable for now, and why.
    StoreFails(String),
    /// The store works again.
    StoreWorks,
    /// The server has to end, and why.
    Halt(String),
}

/// What became durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The number of the transaction, or of the one before if this one changed nothing.
    pub revision: u64,
    /// How many rows changed.
    pub changed: usize,
    /// How many instances a request was for.
    pub instances: usize,
}

/// Where a store is, and how it is kept.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    pub folder: PathBuf,
    pub history: Option<crate::model::Duration>,
}
