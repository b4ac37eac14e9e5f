//! `retry`, `waive`, `pause`, `resume`: what is wanted of many instances at once.

use std::io::{IsTerminal, Write};

use serde_json::Value as Json;

use super::connection::{Server, number};
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::cli::talk;
use crate::server::{Ask, Pauses};

/// Look at missing instances and try them now, with no regard to earlier failures
///
/// What is gone because its action said so is tried, too. What is in flight stays so.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed retry 'csv(\"501\", 2026-03-25)'
  owed retry 'csv(_, 2026-03-25)' --yes

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct Retry {
    /// An instance, or a pattern of some: `_` stands for any value
    instances: String,
    #[command(flatten)]
    how: How,
}

/// Accept that instances are missing, until some time
///
/// What needs them goes on without them. The reason stays in the history.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed waive 'csv(\"501\", 2026-03-25)' --until 2026-04-30 --reason 'vendor lost it'
  owed waive 'quotes(\"XTKS\", _, 2025-03-13)' --until 7d --reason holiday

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct Waive {
    /// An instance, or a pattern of some: `_` stands for any value
    instances: String,
    /// Until when: a time, a date (its beginning, in the program's time zone), or a duration from
    /// now such as 7d
    #[arg(long, value_name = "T")]
    until: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    how: How,
}

/// Start no new actions of a goal, of a pool, or at all
///
/// What is in flight goes on, and so do looks. A pause stays through restarts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed pause csv
  owed pause --pool sftp

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct Pause {
    #[command(flatten)]
    what: What,
}

/// Let actions of a goal, of a pool, or of all start again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed resume csv
  owed resume

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    what: What,
}

#[derive(Debug, clap::Args)]
struct How {
    /// Do it without asking where many are meant
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    server: Server,
    /// How the answer is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

#[derive(Debug, clap::Args)]
struct What {
    /// The goal; everything without it
    goal: Option<String>,
    /// A pool instead
    #[arg(long, value_name = "P", conflicts_with = "goal")]
    pool: Option<String>,
    #[command(flatten)]
    server: Server,
    /// How the answer is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(in crate::cli) fn retry(arguments: &Retry) -> Result<Status, Failure> {
    let instances = arguments.instances.clone();
    let ask = Ask::Retry { instances: instances.clone() };
    bulk(&instances, &arguments.how, &ask, |_| "to be tried again".to_string())
}

/// Runs it.
pub(in crate::cli) fn waive(arguments: &Waive) -> Result<Status, Failure> {
    let Waive { instances, until, reason, how } = arguments;
    let ask =
        Ask::Waive { instances: instances.clone(), until: until.clone(), reason: reason.clone() };
    bulk(instances, how, &ask, |answer| {
        format!("waived until {}", answer["until"].as_str().unwrap_or_default())
    })
}

/// Says how many are meant, asks where it is more than one, and does it.
fn bulk(
    instances: &str,
    how: &How,
    ask: &Ask,
    done: impl FnOnce(&Json) -> String,
) -> Result<Status, Failure> {
    let mut connection = how.server.connect()?;
    let meant = connection.ask(&Ask::Count { instances: instances.to_string() })?;
    let missing = number(&meant, "missing");
    if missing == 0 {
        let expected = number(&meant, "expected");
        return Err(Failure::World(format!(
            "{instances}: nothing of it is missing ({expected} expected); nothing is done"
        )));
    }
    if missing > 1 && !how.yes && !is_agreed(instances, missing)? {
        return Err(Failure::World("nothing is done".to_string()));
    }
    let answer = connection.ask(ask)?;
    let number = number(&answer, "instances");
    show(&answer, how.output, &format!("{instances}: {number} {}", done(&answer)))
}

fn is_agreed(instances: &str, missing: u64) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::World(format!(
            "{instances} means {missing} missing instances; say --yes if that is meant"
        )));
    }
    talk::plain(&format!("{instances} means {missing} missing instances. Go on? [y/N] "));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Runs it.
pub(in crate::cli) fn pause(arguments: &Pause) -> Result<Status, Failure> {
    let what = &arguments.what;
    let answer = what.server.connect()?.ask(&Ask::Pause { what: what.meant() })?;
    show(&answer, what.output, &format!("{}: paused", what.title()))
}

/// Runs it.
pub(in crate::cli) fn resume(arguments: &Resume) -> Result<Status, Failure> {
    let what = &arguments.what;
    let answer = what.server.connect()?.ask(&Ask::Resume { what: what.meant() })?;
    let text = match number(&answer, "instances") {
        0 => format!("{}: nothing was paused", what.title()),
        _ => format!("{}: goes on", what.title()),
    };
    show(&answer, what.output, &text)
}

impl What {
    fn meant(&self) -> Pauses {
        match (&self.goal, &self.pool) {
            (Some(goal), _) => Pauses::Goal(goal.clone()),
            (None, Some(pool)) => Pauses::Pool(pool.clone()),
            (None, None) => Pauses::Everything,
        }
    }

    fn title(&self) -> String {
        match (&self.goal, &self.pool) {
            (Some(goal), _) => format!("goal {goal}"),
            (None, Some(pool)) => format!("pool {pool}"),
            (None, None) => "everything".to_string(),
        }
    }
}

fn show(answer: &Json, output: Output, text: &str) -> Result<Status, Failure> {
    let mut out = std::io::stdout().lock();
    match output {
        Output::Text => writeln!(out, "{text}")?,
        Output::Json => writeln!(out, "{answer}")?,
    }
    Ok(Status::Done)
}
