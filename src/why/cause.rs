//! What keeps an instance that needs nothing that is missing.

use super::attempt::Phase;
use super::explain::Explainer;
use super::explanation::{Proof, State};
use super::instance::Key;
use super::views::holding;
use crate::model::{Timestamp, Value};

/// What keeps instances, in words that are the same for all that it keeps; the most urgent kind
/// first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It can never be brought about.
    Gone {
        reason: String,
    },
    /// It failed as often as it may.
    Stuck {
        message: String,
    },
    /// What a running server says of it: a pool that is tripped, a goal that is paused.
    Obstacle {
        what: String,
    },
    /// They need each other.
    Cycle,
    Held {
        reason: String,
    },
    /// It failed, and rests before it is tried again.
    Resting {
        message: String,
    },
    /// Nobody can do anything about it; perhaps nobody can even look.
    World {
        goal: String,
        look_failure: Option<String>,
    },
    /// Its action would start now.
    Ready,
    /// An attempt is in flight, or a `working` clause holds.
    Working {
        by: Option<String>,
    },
    /// One of more causes than are told apart.
    Other,
}

/// A cause, and until when it lasts by itself, where that is known.
pub(super) struct Found {
    pub(super) cause: Cause,
    pub(super) until: Option<Timestamp>,
}

impl From<Cause> for Found {
    fn from(cause: Cause) -> Found {
        Found { cause, until: None }
    }
}

/// Why an instance is gone by itself, and not by what it needs.
pub(super) fn own_gone(explainer: &mut Explainer<'_>, key: &Key) -> Option<Cause> {
    let goal = &explainer.clauses.goals[key.0];
    for clause in &goal.gone {
        if holding(&mut explainer.facts, clause, &key.1).is_some() {
            let reason = clause.reason().expect("such a clause gives a reason");
            return Some(Cause::Gone { reason });
        }
    }
    let attempt = explainer.attempt(key).filter(|attempt| attempt.outcome == "gone")?;
    Some(Cause::Gone { reason: generalised(explainer, key, &attempt.message) })
}

/// What keeps an instance in this state that needs nothing that is missing.
pub(super) fn cause(explainer: &mut Explainer<'_>, key: &Key, state: State) -> Found {
    let live = explainer.live(key).unwrap_or_default();
    let obstacle = live.obstacle.map(|what| Cause::Obstacle { what });
    let attempt = explainer.attempt(key);
    let message = attempt.as_ref().map(|attempt| generalised(explainer, key, &attempt.message));
    let message = message.unwrap_or_default();
    match state {
        State::Gone => Cause::Gone { reason: message }.into(),
        State::Stuck => obstacle.unwrap_or(Cause::Stuck { message }).into(),
        State::Ready => obstacle.unwrap_or(Cause::Ready).into(),
        State::Working => working(explainer, key),
        State::Waiting => {
            if let Some(found) = held(explainer, key) {
                return found;
            }
            if let Some(obstacle) = obstacle {
                return obstacle.into();
            }
            if let Some(until) = attempt.and_then(|attempt| attempt.resting_until) {
                return Found { cause: Cause::Resting { message }, until: Some(until) };
            }
            let goal = explainer.clauses.goals[key.0].goal.name.clone();
            Cause::World { goal, look_failure: live.look_failure }.into()
        }
        State::Waived | State::Ok | State::NotExpected => {
            panic!("{} is not missing", state.name())
        }
    }
}

fn held(explainer: &mut Explainer<'_>, key: &Key) -> Option<Found> {
    let clauses = &explainer.clauses.goals[key.0].hold;
    clauses.iter().find_map(|clause| {
        let Proof { until, .. } = holding(&mut explainer.facts, clause, &key.1)?;
        let reason = clause.reason().expect("such a clause gives a reason");
        Some(Found { cause: Cause::Held { reason }, until })
    })
}

fn working(explainer: &mut Explainer<'_>, key: &Key) -> Found {
    let clauses = &explainer.clauses.goals[key.0].working;
    for clause in clauses {
        if let Some(proof) = holding(&mut explainer.facts, clause, &key.1) {
            let by = Some(clause.text.clone());
            return Found { cause: Cause::Working { by }, until: proof.until };
        }
    }
    let until = match explainer.attempt(key).map(|attempt| attempt.phase) {
        Some(Phase::InFlight { until } | Phase::Unseen { until }) => Some(until),
        _ => None,
    };
    Found { cause: Cause::Working { by: None }, until }
}

/// How much of a message is compared.
const MESSAGE_CHARS_MAX: usize = 160;

/// A message with the names of the instance's parameters in the place of their values, so that a
/// thousand instances with the same trouble have one message.
fn generalised(explainer: &Explainer<'_>, key: &Key, message: &str) -> String {
    let goal = explainer.clauses.goals[key.0].goal;
    let first = message.lines().next().unwrap_or_default();
    let mut text: String = first.chars().take(MESSAGE_CHARS_MAX).collect();
    for (parameter, value) in goal.parameters.iter().zip(&key.1) {
        let value = match value {
            Value::Text(text) => text.to_string(),
            other => other.to_string(),
        };
        if is_telling(&value) {
            text = replace_word(&text, &value, &format!("{{{}}}", parameter.name));
        }
    }
    text
}

/// Whether a value does not stand in a message by chance: short ones may.
fn is_telling(value: &str) -> bool {
    let length = value.chars().count();
    length >= 3 || (length == 2 && value.contains(char::is_alphabetic))
}

/// Replaces a value where no letter or digit stands beside it.
fn replace_word(text: &str, value: &str, name: &str) -> String {
    let (mut made, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(value) {
        let (before, behind) = (&rest[..at], &rest[at + value.len()..]);
        made.push_str(before);
        let is_part =
            made.ends_with(char::is_alphanumeric) || behind.starts_with(char::is_alphanumeric);
        made.push_str(if is_part { value } else { name });
        rest = behind;
    }
    made + rest
}
