//! The log of what runs for ever: lines on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::time::FormatTime;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Log {
    Text,
    Json,
}

/// From now on what is logged goes to standard error.
pub(super) fn start_log(log: Log) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let lines = lines.with_target(false).with_timer(Clock(log));
    match log {
        // The message has it all; the fields are for programs.
        Log::Text => lines
            .fmt_fields(debug_fn(|out, field, value| match field.name() {
                "message" => write!(out, "{value:?}"),
                _ => Ok(()),
            }))
            .with_ansi(std::io::stderr().is_terminal())
            .init(),
        Log::Json => lines.json().flatten_event(true).init(),
    }
}

/// When a line was written: to the second for people.
struct Clock(Log);

impl FormatTime for Clock {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        let now = jiff::Timestamp::now();
        match self.0 {
            Log::Text => write!(out, "{now:.0}"),
            Log::Json => write!(out, "{now:.6}"),
        }
    }
}
