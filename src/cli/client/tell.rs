//! `tell`: facts to a running server.

use std::io::{BufRead, Write};

use super::connection::{Connection, Server};
use crate::cli::failure::{Failure, Status};
use crate::cli::talk;

/// Tell a running server facts, and return when they are durable
///
/// Each change is a transaction of its own, unless `begin` and `commit` stand around several.
/// `-` reads lines of the feed from standard input.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed tell '+campaign(\"1001\")'
  owed tell begin '-wanted(_, _)' '+wanted(2026-03-01, 2026-04-30)' commit
  owed tell - < changes.feed

Exit codes: 0 all durable, 1 something was refused, 64 wrong usage.")]
pub(in crate::cli) struct Tell {
    /// `+relation(…)`, `-relation(…)`, `begin`, `commit`, or `-` for standard input
    #[arg(required = true, value_name = "LINE|-", allow_hyphen_values = true)]
    lines: Vec<String>,
    #[command(flatten)]
    server: Server,
}

/// Runs it.
pub(in crate::cli) fn tell(arguments: &Tell) -> Result<Status, Failure> {
    let mut connection = arguments.server.connect()?;
    connection.send("{\"as\":\"person\"}")?;
    if arguments.lines == ["-"] {
        return pass_on(connection);
    }
    for line in &arguments.lines {
        connection.send(line)?;
    }
    connection.finish()?;
    let mut is_refused = false;
    while let Some(line) = connection.receive()? {
        is_refused |= show(&line)?;
    }
    Ok(if is_refused { Status::Faulty } else { Status::Done })
}

/// Sends standard input while answers are read, so that neither waits for the other.
fn pass_on(mut connection: Connection) -> Result<Status, Failure> {
    let mut writer = connection.writer()?;
    let sending = std::thread::spawn(move || -> std::io::Result<()> {
        let mut lines = std::io::stdin().lock();
        loop {
            let buffer = lines.fill_buf()?;
            if buffer.is_empty() {
                return writer.shutdown(std::net::Shutdown::Write);
            }
            writer.write_all(buffer)?;
            let length = buffer.len();
            lines.consume(length);
        }
    });
    let mut is_refused = false;
    while let Some(line) = connection.receive()? {
        is_refused |= show(&line)?;
    }
    if sending.is_finished() {
        // What could not be sent was answered by the connection's end.
        let _ = sending.join();
    }
    Ok(if is_refused { Status::Faulty } else { Status::Done })
}

/// Shows an answer; tells whether it is a refusal.
fn show(line: &str) -> Result<bool, Failure> {
    if let Some(why) = line.strip_prefix("refused ") {
        // The greeting was the first line.
        let (number, why) = why.split_once(": ").unwrap_or(("", why));
        let number: u64 = number.parse().unwrap_or(1);
        talk::refused(&format!("line {}: {why}", number.saturating_sub(1)));
        return Ok(true);
    }
    if line.starts_with("{\"refused\"") {
        talk::refused(line);
        return Ok(true);
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(false)
}
