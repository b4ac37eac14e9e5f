//! What a transaction of a feed brings: changes, and what is for a running server to work out.

use super::Mistake;
use crate::model::{Change, RelationId, Row};

/// Everything that becomes true together. Changes are in the order of their lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    pub changes: Vec<Change>,
    pub looked: Vec<Looked>,
    pub reports: Vec<Report>,
}

/// `looked csv("501", 2026-03-25)`: the answer to a look at that instance, which may have begun
/// long before.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// The goal's own relation.
    pub goal: RelationId,
    /// The instance.
    pub row: Row,
}

/// `+csv.attempt(c: "501", …, outcome: "gone")`: how the attempt that is in flight for an
/// instance went. Its number and times are for the server to fill in.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The goal's own relation.
    pub goal: RelationId,
    /// The instance.
    pub row: Row,
    pub outcome: ReportedOutcome,
    pub message: Option<String>,
}

/// How somebody may say that an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedOutcome {
    Succeeded,
    Failed,
    /// It can never succeed.
    Gone,
}

impl ReportedOutcome {
    /// Every one of them.
    pub const ALL: [ReportedOutcome; 3] =
        [ReportedOutcome::Succeeded, ReportedOutcome::Failed, ReportedOutcome::Gone];

    /// The word for it in an attempt's `outcome`.
    pub fn name(self) -> &'static str {
        match self {
            ReportedOutcome::Succeeded => "succeeded",
            ReportedOutcome::Failed => "failed",
            ReportedOutcome::Gone => "gone",
        }
    }
}

impl Submission {
    /// The changes, where there is no server for the rest.
    ///
    /// # Errors
    /// If there is a rest.
    pub fn into_changes(self) -> Result<Vec<Change>, Mistake> {
        match (self.looked.as_slice(), self.reports.as_slice()) {
            ([], []) => Ok(self.changes),
            ([_, ..], _) => Err(looked_needs_server()),
            ([], [_, ..]) => Err(report_needs_server()),
        }
    }

    /// Adds what another brings, behind what is there.
    pub fn append(&mut self, mut other: Submission) {
        self.changes.append(&mut other.changes);
        self.looked.append(&mut other.looked);
        self.reports.append(&mut other.reports);
    }

    /// How many lines it came of.
    pub(super) fn len(&self) -> usize {
        self.changes.len() + self.looked.len() + self.reports.len()
    }
}

impl From<Change> for Submission {
    fn from(change: Change) -> Submission {
        Submission { changes: vec![change], ..Submission::default() }
    }
}

impl From<Looked> for Submission {
    fn from(looked: Looked) -> Submission {
        Submission { looked: vec![looked], ..Submission::default() }
    }
}

impl From<Report> for Submission {
    fn from(report: Report) -> Submission {
        Submission { reports: vec![report], ..Submission::default() }
    }
}

/// Nobody looks at anything here.
pub(super) fn looked_needs_server() -> Mistake {
    Mistake::new("\"looked\" is for a running server")
}

/// Nothing is in flight here.
pub(super) fn report_needs_server() -> Mistake {
    Mistake::new("an attempt without its number, started and ended is for a running server")
        .hint("expected a value for each of its columns")
}
