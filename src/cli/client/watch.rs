//! `watch`: what changes, as it happens.

use std::io::Write;

use super::connection::Server;
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::server::Ask;

/// Show changes as they happen, until Ctrl-C
///
/// Without relations it shows the states of all goals.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed watch
  owed watch csv.attempt progress
  owed watch --output json csv.missing | jq .

Exit codes: 0 the server has stopped, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct Watch {
    /// The relations
    #[arg(value_name = "REL")]
    relations: Vec<String>,
    #[command(flatten)]
    server: Server,
    /// How the changes are written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn watch(arguments: &Watch) -> Result<Status, Failure> {
    let mut connection = arguments.server.connect()?;
    let relations = match arguments.relations.as_slice() {
        [] => {
            let status = connection.ask(&Ask::Status { goal: None })?;
            let goals = status.get("goals").and_then(|goals| goals.as_array());
            let names = goals.into_iter().flatten().filter_map(|goal| goal.get("goal")?.as_str());
            names.map(|goal| format!("{goal}.state")).collect()
        }
        relations => relations.to_vec(),
    };
    connection.send(&match arguments.output {
        Output::Text => format!("subscribe {}", relations.join(" ")),
        Output::Json => serde_json::json!({ "subscribe": relations }).to_string(),
    })?;
    let mut out = std::io::stdout().lock();
    while let Some(line) = connection.receive()? {
        if line.starts_with("refused") || line.starts_with("{\"refused\"") {
            let why = line.split_once(": ").map_or(line.as_str(), |(_, why)| why);
            return Err(Failure::World(why.to_string()));
        }
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(Status::Done)
}
