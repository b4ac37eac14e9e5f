//! What the latest attempt of an instance means at some moment.

use crate::model::{Action, Duration, Row, Timestamp, Value};

/// The latest attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub number: i64,
    /// After how many failures the instance counts as stuck, where it has an action.
    pub retry: Option<u32>,
    pub started: Timestamp,
    pub ended: Timestamp,
    /// `running`, `succeeded`, `failed`, `gone` or `unknown`.
    pub outcome: String,
    pub message: String,
    pub phase: Phase,
    /// Until when the instance rests after a failure, where that is still to come.
    pub resting_until: Option<Timestamp>,
}

/// What an attempt is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It may run until then.
    InFlight {
        until: Timestamp,
    },
    /// It succeeded, and was not looked at yet; it counts until then.
    Unseen {
        until: Timestamp,
    },
    /// It had to end then, and its result never showed.
    Overdue {
        since: Timestamp,
    },
    Failed,
    /// It can never succeed.
    Gone,
    /// The goal has no action: nothing follows from it.
    Idle,
}

impl Attempt {
    /// Reads the row of `g.attempt` behind the goal's parameters.
    pub(super) fn read(
        row: &Row,
        width: usize,
        action: Option<&Action>,
        now: Timestamp,
    ) -> Attempt {
        let [
            Value::Int(number),
            Value::Time(started),
            Value::Time(ended),
            Value::Text(outcome),
            Value::Text(message),
        ] = &row[width..]
        else {
            panic!("an attempt has other columns than {row:?}");
        };
        let phase = phase(outcome, *started, action, now);
        let failed = match phase {
            Phase::Failed => Some(*ended),
            Phase::Overdue { since } => Some(since),
            Phase::InFlight { .. } | Phase::Unseen { .. } | Phase::Gone | Phase::Idle => None,
        };
        let pause = action.and_then(|action| pause(action, *number));
        let resting = failed.zip(pause).and_then(|(failed, pause)| failed.checked_add(pause));
        Attempt {
            number: *number,
            retry: action.map(|action| action.retry),
            started: *started,
            ended: *ended,
            outcome: outcome.to_string(),
            message: message.to_string(),
            phase,
            resting_until: resting.filter(|until| now < *until),
        }
    }

    /// Whether it failed, or counts as failed.
    pub fn has_failed(&self) -> bool {
        matches!(self.phase, Phase::Failed | Phase::Overdue { .. })
    }

    /// Whether it makes its instance stuck.
    pub fn is_last_straw(&self) -> bool {
        let retry = self.retry.map(i64::from);
        retry
            .is_some_and(|retry| self.number > retry || (self.has_failed() && self.number >= retry))
    }
}

fn phase(outcome: &str, started: Timestamp, action: Option<&Action>, now: Timestamp) -> Phase {
    let Some(action) = action else {
        return if outcome == "gone" { Phase::Gone } else { Phase::Idle };
    };
    let until = started.checked_add(action.within);
    match (outcome, until) {
        ("gone", _) => Phase::Gone,
        ("running", Some(until)) if now < until => Phase::InFlight { until },
        ("succeeded", Some(until)) if now < until => Phase::Unseen { until },
        ("running" | "succeeded", Some(since)) => Phase::Overdue { since },
        ("failed" | "unknown", _) => Phase::Failed,
        // A moment past the end of time has no value, and nothing follows from it.
        _ => Phase::Idle,
    }
}

/// The pause after the failure of that number: it doubles, up to the back-off's upper end.
fn pause(action: &Action, number: i64) -> Option<Duration> {
    let most = action.backoff_max.max(action.backoff_min);
    let mut pause = action.backoff_min;
    for _ in 1..number.max(0) {
        if pause >= most {
            break;
        }
        pause = pause.checked_add(pause).map_or(most, |doubled| doubled.min(most));
    }
    (number > 0).then_some(pause)
}
