//! `history`: everything that ever happened to an instance.

use std::io::Write;

use serde_json::Value as Json;

use super::connection::{Server, text, to_second};
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::cli::talk;
use crate::server::Ask;

/// Show what ever happened to an instance
///
/// Its attempts, its waivers, and the facts that say whether it is there: when, by whom, and
/// what changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed history 'csv(\"501\", 2026-03-25)'

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct History {
    /// The instance
    instance: String,
    /// How many of the last transactions to show
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    server: Server,
    /// How it is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn history(arguments: &History) -> Result<Status, Failure> {
    let ask = Ask::History { instance: arguments.instance.clone(), limit: arguments.limit };
    let answer = arguments.server.connect()?.ask(&ask)?;
    let entries = answer.get("history").and_then(Json::as_array);
    if entries.is_none_or(Vec::is_empty) {
        let instance = &arguments.instance;
        talk::plain(&match answer.get("since").and_then(Json::as_str) {
            Some(since) => format!("nothing has happened to {instance} since {since}\n"),
            None => format!("nothing has ever happened to {instance}\n"),
        });
    }
    let mut out = std::io::stdout().lock();
    for entry in entries.into_iter().flatten() {
        if arguments.output == Output::Json {
            writeln!(out, "{entry}")?;
            continue;
        }
        writeln!(out, "{}  {}", to_second(text(entry, "at")), text(entry, "who"))?;
        for change in entry.get("changes").and_then(Json::as_array).into_iter().flatten() {
            let sign = if change.get("insert").is_some() { '+' } else { '-' };
            writeln!(out, "    {sign}{}", text(change, "text"))?;
        }
    }
    out.flush()?;
    Ok(Status::Done)
}
