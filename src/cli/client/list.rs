//! `list`: the rows of a relation.

use std::io::Write;

use serde_json::Value as Json;

use super::connection::{Server, text};
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::server::Ask;

/// Show the current rows of a relation
///
/// Values after the relation's name are those of its first columns, written plainly.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed list csv.missing
  owed list csv.attempt 501 2026-03-25
  owed list results.state --output json | jq .

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct List {
    /// The relation
    #[arg(value_name = "RELATION")]
    relation: String,
    /// Values of its first columns
    #[arg(value_name = "PREFIX", allow_hyphen_values = true)]
    prefix: Vec<String>,
    #[command(flatten)]
    server: Server,
    /// How the rows are written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn list(arguments: &List) -> Result<Status, Failure> {
    let List { relation, prefix, output, server } = arguments;
    let ask = Ask::List { relation: relation.clone(), prefix: prefix.clone() };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    server.connect()?.ask_rows(&ask, |row: Json| {
        match output {
            Output::Text => writeln!(out, "{}", text(&row, "text"))?,
            Output::Json => writeln!(out, "{}", row.get("row").unwrap_or(&Json::Null))?,
        }
        Ok(())
    })?;
    out.flush()?;
    Ok(Status::Done)
}
