//! The environment of a command: a short list, what `env (…)` names, and what we add.

use std::env;
use std::ffi::OsString;

use super::Refused;
use super::arguments::shell_variable;
use crate::model::{Column, Row, Value};
use crate::runtime::values::plain;

/// Variables of our own environment that every command sees, where they are set; so are those
/// that begin with `LC_`.
pub const PASSED_ON: [&str; 8] =
    ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"];

/// What a run is called, for the command to see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Labels<'a> {
    /// `OWED_GOAL`; a source has none.
    pub goal: Option<&'a str>,
    /// `OWED_SOURCE`, the relation whose rows a command prints.
    pub source: Option<&'a str>,
    /// `OWED_ATTEMPT`; a check has none.
    pub attempt: Option<i64>,
    /// `OWED_KEY`.
    pub key: Option<&'a str>,
}

/// All variables, in the order in which they are set: the last of a name holds. `named` is what
/// `env (…)` lists; what is not set here is not set there. `parameters` are those that the
/// command is to see as `owed_p`; a batch has no such variables.
///
/// # Errors
/// If a value cannot be in an environment.
pub fn environment(
    labels: Labels<'_>,
    named: &[String],
    parameters: &[Column],
    instances: &[Row],
) -> Result<Vec<(OsString, OsString)>, Refused> {
    let is_passed_on = |name: &str| {
        PASSED_ON.contains(&name) || name.starts_with("LC_") || named.iter().any(|one| one == name)
    };
    let mut all: Vec<(OsString, OsString)> =
        env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_passed_on)).collect();
    let mut add = |name: String, value: String| all.push((name.into(), value.into()));
    for (name, value) in [("OWED_GOAL", labels.goal), ("OWED_SOURCE", labels.source)] {
        if let Some(value) = value {
            add(name.to_string(), value.to_string());
        }
    }
    if let Some(attempt) = labels.attempt {
        add("OWED_ATTEMPT".to_string(), attempt.to_string());
    }
    if let Some(key) = labels.key {
        add("OWED_KEY".to_string(), key.to_string());
    }
    if let [instance] = instances {
        for (column, value) in parameters.iter().zip(instance) {
            if matches!(value, Value::Text(text) if text.contains('\0')) {
                return Err(Refused::value(&column.name, value, "holds NUL"));
            }
            add(shell_variable(&column.name), plain(value));
        }
    }
    Ok(all)
}
