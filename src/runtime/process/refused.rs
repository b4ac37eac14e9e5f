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
    pub(in crate::runtime) fn value(
        name: &str,
        value: &Value,
        reason: impl fmt::Display,
    ) -> Refused {
        let shown = shortened(&value.to_string());
        Refused(format!("the value {shown} of \"{name}\" {reason}"))
    }

    /// A refusal of what the instances of a batch have not in common.
    pub(in crate::runtime) fn several_values(name: &str, instances: usize) -> Refused {
        Refused::because(format!("{{{name}}} has several values in a batch of {instances}"))
    }

    /// A refusal of something else.
    pub(in crate::runtime) fn because(reason: impl Into<String>) -> Refused {
        Refused(reason.into())
    }
}
