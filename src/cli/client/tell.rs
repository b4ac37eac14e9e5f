//! `tell`: facts to a running server.

use std::io::{BufRead, Write};

use serde_json::{Value as Json, json};

use super::connection::{Connection, Server};
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::cli::talk;
use crate::server::END;

/// Tell a running server facts, and return when they are durable
///
/// Each change is a transaction of its own, unless `begin` and `commit` stand around several.
/// `-` reads lines of the feed from standard input.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed tell '+campaign(\"1001\")'
  owed tell begin '-wanted(_, _)' '+wanted(2026-03-01, 2026-04-30)' commit
  owed tell --data /var/lib/owed - < changes.feed

Exit codes: 0 all durable, 1 something was refused, 64 wrong usage.")]
pub(in crate::cli) struct Tell {
    /// `+relation(…)`, `-relation(…)`, `begin`, `commit`, or `-` for standard input
    #[arg(required = true, value_name = "LINE|-", allow_hyphen_values = true)]
    lines: Vec<String>,
    #[command(flatten)]
    server: Server,
    /// How the answers are written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn tell(arguments: &Tell) -> Result<Status, Failure> {
    // No line of a feed begins like an option.
    if let Some(option) = arguments.lines.iter().find(|line| line.starts_with("--")) {
        return Err(Failure::Usage(match arguments.lines.first() {
            Some(first) if first == option => format!("there is no option '{option}'"),
            _ => format!("'{option}' stands behind a line; options of tell come before its lines"),
        }));
    }
    let mut connection = arguments.server.connect()?;
    connection.send("{\"as\":\"person\"}")?;
    if arguments.lines == ["-"] {
        return pass_on(connection, arguments.output);
    }
    for line in &arguments.lines {
        connection.send(line)?;
    }
    connection.finish()?;
    answers(&mut connection, arguments.output)
}

/// Sends standard input while answers are read, so that neither waits for the other.
fn pass_on(mut connection: Connection, output: Output) -> Result<Status, Failure> {
    let mut writer = connection.writer()?;
    std::thread::spawn(move || -> std::io::Result<()> {
        let mut lines = std::io::stdin().lock();
        loop {
            let buffer = lines.fill_buf()?;
            if buffer.is_empty() {
                return writer.shutdown(std::net::Shutdown::Write);
            }
            // What cannot be sent is not answered either, and that is told.
            writer.write_all(buffer)?;
            let length = buffer.len();
            lines.consume(length);
        }
    });
    answers(&mut connection, output)
}

/// Shows all answers, to the line that says that these were all.
fn answers(connection: &mut Connection, output: Output) -> Result<Status, Failure> {
    let mut is_refused = false;
    while let Some(line) = connection.receive()? {
        if line == END {
            return Ok(if is_refused { Status::Faulty } else { Status::Done });
        }
        is_refused |= show(&line, output)?;
    }
    Err(Failure::World("the server went away before it had answered everything".to_string()))
}

/// Shows an answer, which comes in the form of the line that it is for; tells whether it is a
/// refusal.
fn show(line: &str, output: Output) -> Result<bool, Failure> {
    let answer = Answer::read(line);
    let mut out = std::io::stdout().lock();
    match (&answer, output) {
        (Answer::Refused { line, why }, Output::Text) => {
            talk::refused(&format!("line {line}: {why}"));
        }
        (Answer::Refused { line, why }, Output::Json) => {
            writeln!(out, "{}", json!({ "refused": why, "line": line }))?;
        }
        (Answer::Committed(number), Output::Text) => writeln!(out, "committed {number}")?,
        (Answer::Committed(number), Output::Json) => {
            writeln!(out, "{}", json!({ "committed": number }))?;
        }
        (Answer::Other(line), _) => writeln!(out, "{line}")?,
    }
    Ok(matches!(answer, Answer::Refused { .. }))
}

/// What the server says of a line.
enum Answer<'l> {
    Committed(u64),
    Refused { line: u64, why: String },
    Other(&'l str),
}

impl Answer<'_> {
    fn read(text: &str) -> Answer<'_> {
        let other = Answer::Other(text);
        if let Some(number) = text.strip_prefix("committed ") {
            return number.parse().map_or(other, Answer::Committed);
        }
        if let Some((line, why)) =
            text.strip_prefix("refused ").and_then(|rest| rest.split_once(": "))
        {
            let line = line.parse::<u64>().unwrap_or(1);
            return Answer::Refused { line, why: why.to_string() };
        }
        let Ok(json) = serde_json::from_str::<Json>(text) else { return other };
        match (json.get("committed").and_then(Json::as_u64), json.get("refused")) {
            (Some(number), _) => Answer::Committed(number),
            (None, Some(why)) => {
                let line = json.get("line").and_then(Json::as_u64).unwrap_or(1);
                Answer::Refused { line, why: why.as_str().unwrap_or_default().to_string() }
            }
            (None, None) => other,
        }
    }
}
