//! `explain`: how a program is carried out, and what of it is dear.

use std::io::Write;
use std::path::PathBuf;

use super::command_line::{Output, parse_workers};
use super::failure::{Failure, Status};
use super::given::Given;
use super::load::{Loaded, load};
use super::plan::{find_relation, parse_changes, streamed};
use super::profile::{Measured, elapsed};
use super::progress::Progress;
use super::session::{Session, refused};
use super::{profile_json, profile_text};
use crate::plan::{Demand, Plan, plan};

/// Show how a program is carried out, and which rules are dear
///
/// Its strata, the order of its joins, and which indexes are kept and shared. Without a relation
/// it is what `owed run` keeps up to date: the outputs, and every goal's `missing` and `ready`.
/// With one it is what that relation needs. With `--profile` it reads the facts as `owed plan`
/// does, and says of each rule and of each operator how long it took, how many changes of rows it
/// made, and how many rows it keeps.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed explain rules/campaigns.rules
  owed explain rules/campaigns.rules csv.ready
  owed explain --profile rules/campaigns.rules
  owed explain --profile rules/campaigns.rules --with '+campaign(\"1001\")'")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    /// Only what this relation needs
    relation: Option<String>,
    /// Load the facts, and show which rules and operators that takes how long. The options below
    /// are for this
    #[arg(long)]
    profile: bool,
    #[command(flatten)]
    given: Given,
    /// Measure this change after the load, instead of the load: `+relation(…)` or `-relation(…)`.
    /// Several are one transaction
    #[arg(long, value_name = "CHANGE", allow_hyphen_values = true)]
    #[arg(requires = "profile")]
    with: Vec<String>,
    /// How many rules to show; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20, requires = "profile")]
    limit: usize,
    /// How many threads share the work
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_workers)]
    #[arg(requires = "profile")]
    workers: usize,
    /// How the profile is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true, requires = "profile")]
    output: Output,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    if !arguments.profile && arguments.given.is_any() {
        let why = "`--feed`, `--now`, `--data` and `--at` need `--profile`: a plan has no facts";
        return Err(Failure::Usage(why.to_string()));
    }
    let loaded = load(&arguments.file)?;
    let watched = match &arguments.relation {
        Some(name) => vec![find_relation(&loaded.program, name)?],
        None => streamed(&loaded.program),
    };
    let plan = plan(&loaded.program, &Demand { watched, readable: Vec::new() });
    if arguments.profile {
        return profile(arguments, &loaded, &plan);
    }
    let text = plan.to_string();
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Status::Done)
}

/// Loads what is given, and shows what that cost, or what the change cost that comes after.
fn profile(arguments: &Arguments, loaded: &Loaded, plan: &Plan) -> Result<Status, Failure> {
    let with = parse_changes(&loaded.program, &arguments.with)?;
    let is_with = !with.is_empty();
    let progress = Progress::start();
    let mut clock = arguments.given.clock();
    let (mut changes, is_refused) = arguments.given.gather(loaded, &mut clock, &progress)?;
    progress.say("deriving what is owed");
    let mut session = Session::with_plan(plan.clone(), arguments.workers, clock);
    if is_with {
        session.apply(std::mem::replace(&mut changes, with)).map_err(|why| refused(&why))?;
    }
    let count = changes.len();
    session.measure();
    let began = elapsed();
    let applied = session.apply(changes);
    let took = elapsed().saturating_sub(began);
    applied.map_err(|why| match is_with {
        true => Failure::Usage(why.to_string()),
        false => refused(&why),
    })?;
    drop(progress);
    let measured = Measured {
        loaded,
        plan,
        profile: &session.profile(),
        now: session.now(),
        workers: arguments.workers,
        changes: count,
        is_with,
        took,
    };
    match arguments.output {
        Output::Text => {
            let text = profile_text::render(&measured, arguments.limit);
            anstream::stdout().lock().write_all(text.as_bytes())?;
        }
        Output::Json => {
            std::io::stdout().lock().write_all(profile_json::render(&measured).as_bytes())?;
        }
    }
    Ok(if is_refused { Status::Faulty } else { Status::Done })
}
