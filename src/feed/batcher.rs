//! Lines to transactions: a line is one, what stands between `begin` and `commit` is one, and
//! a bad line refuses the whole of its transaction.

use super::{Line, Mistake, Submission};
use crate::model::Timestamp;

/// More changes than this in one transaction are refused.
pub const TRANSACTION_CHANGES_MAX: usize = 20_000_000;

/// What a feed asks for, in the order of its lines.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// What becomes true together. The clock stands where the last `at` put it.
    Transaction(Submission),
    At(Timestamp),
    Echo(String),
}

/// Puts a feed's lines together.
#[derive(Debug, Default)]
pub struct Batcher {
    open: Option<Open>,
}

/// A transaction whose `commit` has not come.
#[derive(Debug)]
struct Open {
    /// The number of its `begin`.
    line: u64,
    submission: Submission,
    /// The number of the first bad line in it.
    refused_at: Option<u64>,
}

impl Batcher {
    /// Takes the next line, whose number is for messages about later ones.
    ///
    /// # Errors
    /// What was wrong with the line itself, or with its standing here. A transaction that it
    /// belongs to is dropped as a whole, up to its `commit`; what comes after is not touched.
    pub fn push(
        &mut self,
        number: u64,
        line: Result<Line, Mistake>,
    ) -> Result<Option<Event>, Mistake> {
        let line = match line {
            Ok(line) => line,
            Err(mistake) => return Err(self.refuse(number, mistake)),
        };
        match (line, &mut self.open) {
            (Line::Blank, _) => Ok(None),
            (Line::Begin, None) => {
                self.open = Some(Open {
                    line: number,
                    submission: Submission::default(),
                    refused_at: None,
                });
                Ok(None)
            }
            (Line::Commit, Some(_)) => self.commit(number),
            (Line::Change(change), None) => Ok(Some(Event::Transaction(change.into()))),
            (Line::Looked(looked), None) => Ok(Some(Event::Transaction(looked.into()))),
            (Line::Report(report), None) => Ok(Some(Event::Transaction(report.into()))),
            (line @ (Line::Change(_) | Line::Looked(_) | Line::Report(_)), Some(open)) => {
                if open.submission.len() == TRANSACTION_CHANGES_MAX {
                    let limit = format!("more than {TRANSACTION_CHANGES_MAX} changes");
                    return Err(self.refuse(number, Mistake::new(limit)));
                }
                open.take(line);
                Ok(None)
            }
            (Line::At(moment), None) => Ok(Some(Event::At(moment))),
            (Line::Echo(token), None) => Ok(Some(Event::Echo(token))),
            (Line::Commit, None) => Err(Mistake::new("\"commit\" without a \"begin\" before it")),
            (Line::Begin, Some(_)) => Err(self.misplaced(number, "begin")),
            (Line::At(_), Some(_)) => Err(self.misplaced(number, "at")),
            (Line::Echo(_), Some(_)) => Err(self.misplaced(number, "echo")),
        }
    }

    /// Whether a transaction has begun whose `commit` has not come.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Refuses a transaction that the input ends in.
    ///
    /// # Errors
    /// If there is one.
    pub fn finish(&mut self) -> Result<(), Mistake> {
        match self.open.take() {
            None => Ok(()),
            Some(open) => Err(Mistake::new(format!(
                "the input ends in the transaction that began in line {}, which is refused",
                open.line
            ))
            .hint("expected \"commit\"")),
        }
    }

    fn commit(&mut self, number: u64) -> Result<Option<Event>, Mistake> {
        let Some(open) = self.open.take() else { return Ok(None) };
        match open.refused_at {
            None => Ok(Some(Event::Transaction(open.submission))),
            Some(bad) => Err(Mistake::new(format!(
                "the transaction of lines {} to {number} is refused because of line {bad}",
                open.line
            ))),
        }
    }

    fn misplaced(&mut self, number: u64, verb: &str) -> Mistake {
        self.refuse(number, Mistake::new(format!("\"{verb}\" between \"begin\" and \"commit\"")))
    }

    /// Drops the changes of the open transaction, if there is one.
    fn refuse(&mut self, number: u64, mistake: Mistake) -> Mistake {
        if let Some(open) = &mut self.open {
            open.refused_at.get_or_insert(number);
            open.submission = Submission::default();
        }
        mistake
    }
}

impl Open {
    /// Keeps what a line brings, unless the transaction is refused already.
    fn take(&mut self, line: Line) {
        if self.refused_at.is_some() {
            return;
        }
        match line {
            Line::Change(change) => self.submission.changes.push(change),
            Line::Looked(looked) => self.submission.looked.push(looked),
            Line::Report(report) => self.submission.reports.push(report),
            Line::Begin | Line::Commit | Line::At(_) | Line::Echo(_) | Line::Blank => {}
        }
    }
}
