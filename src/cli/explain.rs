//! `explain`: how a program is carried out.

use std::io::Write;
use std::path::PathBuf;

use super::failure::{Failure, Status};
use super::load::load;
use super::plan::{find_relation, streamed};
use crate::plan::{Demand, plan};

/// Show how a program is carried out
///
/// Its strata, the order of its joins, and which arrangements are kept and shared. Without a
/// relation it is what `owed run` keeps up to date: the outputs, and every goal's `missing`
/// and `ready`. With one it is what that relation needs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed explain rules/campaigns.rules
  owed explain rules/campaigns.rules csv.ready")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    /// Only what this relation needs
    relation: Option<String>,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let loaded = load(&arguments.file)?;
    let watched = match &arguments.relation {
        Some(name) => vec![find_relation(&loaded.program, name)?],
        None => streamed(&loaded.program),
    };
    let plan = plan(&loaded.program, &Demand { watched, readable: Vec::new() });
    let text = plan.to_string();
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Status::Done)
}
