//! Why a line is refused, in words for whoever wrote it.

use std::fmt;

use crate::model::{NotATime, Timestamp, Type};

/// What is wrong with a line, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Lower case, no full stop, the user's own names.
    pub reason: String,
    /// What was expected, or the nearest name.
    pub hint: Option<String>,
}

impl Mistake {
    /// A mistake that says all there is to say.
    pub fn new(reason: impl Into<String>) -> Mistake {
        Mistake { reason: reason.into(), hint: None }
    }

    /// What was expected, or what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Mistake {
        self.hint = Some(hint.into());
        self
    }

    /// The same mistake, said of a column.
    pub(super) fn of_column(self, column: &str) -> Mistake {
        Mistake { reason: format!("column \"{column}\": {}", self.reason), hint: self.hint }
    }

    /// Text that is not a JSON object.
    pub(super) fn not_json(error: &serde_json::Error) -> Mistake {
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or(&message);
        Mistake::new(format!("not a JSON object: {reason} at character {}", error.column()))
    }

    /// A text that is no time, and why not.
    pub(super) fn not_a_time(found: impl fmt::Display, text: &str) -> Mistake {
        match Timestamp::parse(text) {
            Err(why) if why != NotATime::Malformed => {
                Mistake::new(format!("{found} {why}")).hint(why.remedy())
            }
            _ => Mistake::wrong_type(found, Type::Time),
        }
    }

    /// A value that is not of its column's type.
    pub(super) fn wrong_type(found: impl fmt::Display, ty: Type) -> Mistake {
        Mistake::new(format!("{found} is not {}", with_article(ty))).hint(example(ty))
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)?;
        match &self.hint {
            Some(hint) if hint.starts_with(char::is_uppercase) => write!(f, ". {hint}"),
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Mistake {}

/// The nearest of the names, as a question; `None` where none is near.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let far = (name.chars().count() / 3).max(1);
    let near = names
        .map(|other| (strsim::damerau_levenshtein(name, other), other))
        .filter(|(distance, _)| *distance <= far)
        .min()?;
    Some(format!("did you mean \"{}\"?", near.1))
}

fn with_article(ty: Type) -> String {
    match ty {
        Type::Int => "an int".to_string(),
        Type::Text => "text".to_string(),
        Type::Bool | Type::Float | Type::Date | Type::Time | Type::Duration => format!("a {ty}"),
    }
}

fn example(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "expected true or false",
        Type::Int => "expected a whole number of 64 bits, such as 42",
        Type::Float => "expected a finite number, such as 1.5",
        Type::Text => "expected text in double quotes",
        Type::Date => "expected a day, such as 2026-03-25",
        Type::Time => "expected a time with its zone, such as 2026-03-25T08:00Z",
        Type::Duration => "expected a length of time, such as 1h30m",
    }
}
