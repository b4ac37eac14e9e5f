//! How commands behave.

use owed::model::Duration;

/// What a goal's check does.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckManner {
    /// Says what is so.
    Honest,
    /// Says so, later, by a transaction of somebody else.
    Later(Duration),
    Exit(i32, String),
    Hangs,
    /// Hangs, and exits with 0 when it is asked to stop.
    GivesUp,
    /// Prints more than it may, and is killed for it.
    Floods,
    Prints(String),
}

/// What a goal's action does.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionManner {
    pub takes: Duration,
    pub end: ActionEnd,
    /// Facts that are so once it has ended; `{p}` stands for a parameter's literal.
    pub makes: Vec<String>,
    pub prints: String,
}

/// How an action ends.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionEnd {
    Exit(i32, String),
    /// Not before it is asked to stop.
    Hangs,
    /// Not before that either, and with 0 then.
    GivesUp,
    /// Not even then, until it is killed.
    HangsOn,
}

impl Default for ActionManner {
    fn default() -> ActionManner {
        ActionManner {
            takes: Duration::from_micros(60_000_000),
            end: ActionEnd::Exit(0, String::new()),
            makes: Vec::new(),
            prints: String::new(),
        }
    }
}
