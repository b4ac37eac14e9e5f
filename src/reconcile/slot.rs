//! What is known of one instance.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use super::RunId;
use super::slots::SlotId;
use super::starts::Queued;
use crate::model::{Timestamp, Value};

/// The values of a goal's parameters.
pub type Key = Arc<[Value]>;

/// Counts the steps of the reconciler: what is at or after another happened in this order.
pub(super) type Step = u64;

/// One instance of a goal that has a check or an action.
#[derive(Debug)]
pub(super) struct Slot {
    pub goal: usize,
    pub key: Key,
    pub expected: bool,
    pub missing: bool,
    /// When it became ready; `None` while it is not.
    pub ready: Option<Step>,
    pub attempt: Option<Box<Attempt>>,
    /// Its attempt was written anew, and what follows from that is not known yet.
    pub is_recorded: bool,
    pub episode: Option<Timestamp>,
    /// What decides between those that are ready.
    pub order: Option<Box<Order>>,
    /// The looked-at instances that it needs, while it is ready.
    pub needs: Vec<SlotId>,
    /// Who has it among its needs, and by which clause.
    pub needers: BTreeSet<(SlotId, u32)>,
    pub looking: Looking,
    /// When the last look began that ended well.
    pub looked: Option<(Step, Timestamp)>,
    /// It is to be looked at, at once, by a look that begins at or after this.
    pub look_from: Step,
    pub next_look: Option<Timestamp>,
    pub look_failure: Option<Arc<str>>,
    pub acting: Option<RunId>,
    /// When the last action ended.
    pub ended: Step,
    /// Jitter: not to be started before.
    pub not_before: Option<Timestamp>,
    pub queued: Option<Box<Queued>>,
    /// The moment at which it is decided upon again.
    pub wake: Option<Timestamp>,
}

/// Where an instance stands with its looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Looking {
    Idle,
    /// In the queue of its goal, urgent ones first.
    Queued {
        urgent: bool,
        since: Timestamp,
    },
    InFlight(RunId),
}

/// The latest attempt, as its row has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Counts from 1.
    pub number: u32,
    pub started: Timestamp,
    pub ended: Timestamp,
    pub outcome: Outcome,
    pub message: Arc<str>,
}

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Running,
    Succeeded,
    Failed,
    Gone,
    Unknown,
}

/// The values that `priority` and parts of pools have for an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Order {
    pub priority: Option<Value>,
    /// By the place of the pool among the action's.
    pub parts: SmallVec<[Option<Value>; 1]>,
}

impl Slot {
    pub fn new(goal: usize, key: Key) -> Slot {
        Slot {
            goal,
            key,
            expected: false,
            missing: false,
            ready: None,
            attempt: None,
            is_recorded: false,
            episode: None,
            order: None,
            needs: Vec::new(),
            needers: BTreeSet::new(),
            looking: Looking::Idle,
            looked: None,
            look_from: 0,
            next_look: None,
            look_failure: None,
            acting: None,
            ended: 0,
            not_before: None,
            queued: None,
            wake: None,
        }
    }

    /// Whether nothing is known of it any more.
    pub fn is_idle(&self) -> bool {
        !self.expected
            && self.attempt.is_none()
            && self.episode.is_none()
            && self.acting.is_none()
            && self.needers.is_empty()
            && self.needs.is_empty()
            && !matches!(self.looking, Looking::InFlight(_))
    }

    /// Whether it was looked at by a look that began at or after a step.
    pub fn was_looked_at_since(&self, step: Step) -> bool {
        self.looked.is_some_and(|(began, _)| began >= step)
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.attempt.as_ref().map(|attempt| attempt.outcome)
    }
}

impl Order {
    pub fn set_part(&mut self, place: usize, part: Option<Value>) {
        if self.parts.len() <= place {
            self.parts.resize(place + 1, None);
        }
        self.parts[place] = part;
        while self.parts.last().is_some_and(Option::is_none) {
            self.parts.pop();
        }
    }
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 5] =
        [Outcome::Running, Outcome::Succeeded, Outcome::Failed, Outcome::Gone, Outcome::Unknown];

    /// The word in the rows of `g.attempt`.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Running => "running",
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Gone => "gone",
            Outcome::Unknown => "unknown",
        }
    }

    /// The outcome of that name.
    pub fn from_name(name: &str) -> Option<Outcome> {
        Outcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

impl Attempt {
    /// The attempt that the last columns of a row describe, if they describe one.
    pub(super) fn from_columns(columns: &[Value]) -> Option<Attempt> {
        let [number, started, ended, outcome, message] = columns else { return None };
        let (Value::Int(number), Value::Time(started), Value::Time(ended)) =
            (number, started, ended)
        else {
            return None;
        };
        let (Value::Text(outcome), Value::Text(message)) = (outcome, message) else { return None };
        Some(Attempt {
            number: u32::try_from(*number).unwrap_or(u32::MAX),
            started: *started,
            ended: *ended,
            outcome: Outcome::from_name(outcome)?,
            message: message.clone(),
        })
    }

    /// The last columns of its row.
    pub(super) fn columns(&self) -> [Value; 5] {
        [
            Value::Int(i64::from(self.number)),
            Value::Time(self.started),
            Value::Time(self.ended),
            Value::text(self.outcome.name()),
            Value::Text(self.message.clone()),
        ]
    }
}
