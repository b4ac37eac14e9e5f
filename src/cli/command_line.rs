//! The command line: which command, and how it ends.

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use super::failure::USAGE_CODE;
use super::{check, client, expand, explain, guard, join, plan, run, serve, store, talk, test};
use crate::feed::{Format, parse_cell};
use crate::model::{Duration, NotATime, Timestamp, Type, Value};
use crate::runtime::process::SUBCOMMAND;

/// Says what should be there, works out what is still owed, and keeps it worked out.
///
/// A rules file says which results are expected, what each of them needs, and how one sees
/// that it is there. From that and from what is there, `owed` derives what is missing and what
/// is to be done now.
#[derive(Debug, Parser)]
#[command(name = "owed", version, max_term_width = 80, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  owed plan rules/campaigns.rules
  owed plan rules/campaigns.rules --with '+campaign(\"1001\")'
  owed check my.rules

Exit codes: 0 done, 1 error, 2 something is owed (with --exit-code), 64 wrong usage, 75 another \
server has the store, 124 the time is over (of wait).";

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Arguments),
    Test(test::Arguments),
    Plan(plan::Arguments),
    Run(run::Arguments),
    Serve(serve::Arguments),
    Status(client::StatusOf),
    Why(client::Why),
    List(client::List),
    History(client::History),
    Watch(client::Watch),
    Wait(client::Wait),
    Tell(client::Tell),
    Retry(client::Retry),
    Waive(client::Waive),
    Pause(client::Pause),
    Resume(client::Resume),
    Explain(explain::Arguments),
    Expand(expand::Arguments),
    Store(store::Arguments),
    Join(join::Arguments),
    #[command(name = SUBCOMMAND, hide = true)]
    Guard,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl From<Output> for Format {
    fn from(output: Output) -> Format {
        match output {
            Output::Text => Format::Text,
            Output::Json => Format::Json,
        }
    }
}

/// Reads the command line, does what it says, and tells how it went.
pub fn main() -> ExitCode {
    #[cfg(feature = "crash-points")]
    super::crash::arm();
    let command_line = match CommandLine::try_parse() {
        Ok(command_line) => command_line,
        Err(error) => {
            // Help goes to standard output, mistakes to standard error; if nobody reads them,
            // nobody is left to tell.
            let _ = error.print();
            return match error.use_stderr() {
                true => ExitCode::from(USAGE_CODE),
                false => ExitCode::SUCCESS,
            };
        }
    };
    let ended = match &command_line.command {
        Command::Check(arguments) => check::run(arguments),
        Command::Expand(arguments) => expand::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::History(arguments) => client::history(arguments),
        Command::Join(arguments) => join::run(arguments),
        Command::List(arguments) => client::list(arguments),
        Command::Pause(arguments) => client::pause(arguments),
        Command::Resume(arguments) => client::resume(arguments),
        Command::Retry(arguments) => client::retry(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Status(arguments) => client::status(arguments),
        Command::Tell(arguments) => client::tell(arguments),
        Command::Wait(arguments) => client::wait(arguments),
        Command::Waive(arguments) => client::waive(arguments),
        Command::Watch(arguments) => client::watch(arguments),
        Command::Why(arguments) => client::why(arguments),
        Command::Guard => guard::run(),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Run(arguments) => run::run(arguments),
        Command::Store(arguments) => store::run(arguments),
        Command::Test(arguments) => test::run(arguments),
    };
    match ended {
        Ok(status) => status.code(),
        Err(failure) => {
            if !failure.is_silent() {
                talk::error(&failure.to_string());
            }
            failure.code()
        }
    }
}

/// A moment as an argument.
pub(super) fn parse_moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|why| match why {
        NotATime::Malformed => {
            "expected a time with its zone, such as 2026-03-25T08:00Z".to_string()
        }
        NotATime::OutOfRange | NotATime::TooFine | NotATime::LeapSecond => {
            format!("it {why}. {}", why.remedy())
        }
    })
}

/// A length of time as an argument.
pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    match parse_cell(text, Type::Duration) {
        Ok(Value::Duration(length)) if length > Duration::ZERO => Ok(length),
        _ => Err("expected a length of time, such as 90d or 12h".to_string()),
    }
}

/// How many workers share the work.
pub(super) fn parse_workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(workers @ 1..=WORKERS_MAX) => Ok(workers),
        _ => Err(format!("expected a number from 1 to {WORKERS_MAX}")),
    }
}

const WORKERS_MAX: usize = 64;
