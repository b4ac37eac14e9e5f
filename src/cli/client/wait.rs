//! `wait`: until something is there.

use std::io::Write;
use std::time::Duration as StdDuration;

use serde_json::Value as Json;

use super::connection::{Server, number};
use crate::cli::command_line::{Output, parse_duration};
use crate::cli::failure::{Failure, Status};
use crate::model::Duration;
use crate::server::Ask;

/// Wait until an instance, or every instance of a goal, is there
///
/// Ends at once when one of them can never be there any more.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed wait 'results(\"501\", 2026-03-25)' --timeout 2h && ./publish
  owed wait results

Exit codes: 0 it is there, 1 error or gone, 64 wrong usage, 124 the time is over.")]
pub(in crate::cli) struct Wait {
    /// An instance, a pattern of some with `_`, or a goal
    #[arg(value_name = "INSTANCE|GOAL")]
    instances: String,
    /// How long to wait; for ever if it is not said
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    server: Server,
    /// How the answer is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn wait(arguments: &Wait) -> Result<Status, Failure> {
    let mut connection = arguments.server.connect()?;
    if let Some(timeout) = arguments.timeout.and_then(Duration::to_std) {
        connection.set_timeout(timeout.max(StdDuration::from_millis(1)))?;
    }
    let ask = Ask::Wait { instances: arguments.instances.clone() };
    let Some(answer) = connection.ask_in_time(&ask)? else { return Ok(Status::TimeOver) };
    let what = &arguments.instances;
    if arguments.output == Output::Json {
        writeln!(std::io::stdout(), "{answer}")?;
    }
    if answer.get("settled").and_then(Json::as_bool) == Some(true) {
        if arguments.output == Output::Text {
            let expected = number(&answer, "expected");
            writeln!(std::io::stdout(), "{what}: there, {expected} expected")?;
        }
        return Ok(Status::Done);
    }
    Err(Failure::World(match number(&answer, "gone") {
        1 => format!("{what}: it can never be there; owed why tells why"),
        gone => format!("{what}: {gone} of them can never be there; owed why tells why"),
    }))
}
