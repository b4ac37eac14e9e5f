//! `why`: what keeps an instance, or everything.

use std::io::Write;

use serde_json::json;

use super::connection::{Server, text};
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::cli::versioned::versioned;
use crate::server::Ask;

/// Explain why an instance is in its state
///
/// Shows what it needs, everything that keeps it, what works on it and until when, the last
/// attempt with its message, and when it is looked at or tried next. With `--roots` it groups
/// all that is missing by what keeps it in the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed why 'results(\"501\", 2026-03-25)'
  owed why --roots

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct Why {
    /// The instance
    #[arg(required_unless_present = "roots", conflicts_with = "roots")]
    instance: Option<String>,
    /// Group all that is missing by its root cause
    #[arg(long)]
    roots: bool,
    /// How many instances of one need, or roots, to show; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    server: Server,
    /// How the answer is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn why(arguments: &Why) -> Result<Status, Failure> {
    let ask = Ask::Why { instance: arguments.instance.clone(), limit: arguments.limit };
    let answer = arguments.server.connect()?.ask(&ask)?;
    let mut out = std::io::stdout().lock();
    match arguments.output {
        Output::Text => out.write_all(text(&answer, "text").as_bytes())?,
        Output::Json => {
            let why = answer.get("why").cloned().unwrap_or_else(|| json!({}));
            out.write_all(versioned(why).as_bytes())?;
        }
    }
    out.flush()?;
    Ok(Status::Done)
}
