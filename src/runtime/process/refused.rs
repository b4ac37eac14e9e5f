//! Why a command is not run as its rule says.

use std::fmt;

use thiserror::Error;

use crate::feed::shortened;
use crate::model::Value;

/// A value that may not go where the rule puts it. Nothing was run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct Refused(String);

impl Refused {
    /// A refusal of a parameter's value.
    pub(super) fn value(name: &str, value: &Value, reason: impl fmt::Display) -> Refused {
        let shown = shortened(&value.to_string());
        Refused(format!("the value {shown} of \"{name}\" {reason}"))
    }

    /// A refusal of something else.
    pub(super) fn because(reason: impl Into<String>) -> Refused {
        Refused(reason.into())
    }
}
