//! `expand`: a program with its goals as plain rules.

use std::io::Write;
use std::path::PathBuf;

use super::failure::{Failure, Status};
use super::load::load;
use crate::{program, syntax};

/// Print a program with its goals expanded to plain rules
///
/// Includes are merged in, and every goal becomes the rules that define its states. What is
/// printed is itself a rules file, and means the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  owed expand rules/campaigns.rules | less")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let loaded = load(&arguments.file)?;
    let mut out = std::io::stdout().lock();
    out.write_all(syntax::print(&program::expand(&loaded.file)).as_bytes())?;
    out.flush()?;
    Ok(Status::Done)
}
