//! `plan`: what is there, what is owed, and what a change would make of it. Acts on nothing.

use std::io::Write;
use std::path::PathBuf;

use super::command_line::Output;
use super::counts::add_counts;
use super::failure::{Failure, Status};
use super::given::Given;
use super::load::load;
use super::plan_why::Question;
use super::progress::Progress;
use super::report::{Report, State};
use super::session::{Session, refused};
use super::vocabulary::vocabulary;
use super::workers::Workers;
use super::{idle, report_json, report_text, rule_errors, talk};
use crate::feed::{Line, parse_line};
use crate::model::{Change, RelationId};
use crate::plan::Demand;
use crate::program::Program;
use crate::runtime::CountedGoal;
use crate::why::readable;

/// Show what is owed, and what a change would make of it
///
/// Reads the program, its csv and jsonl sources and the feeds, and shows for each goal how
/// many instances are in each state, and what is needed now. With `--with` it shows what a
/// change would make of that: obligations that appear, that disappear, and what would be
/// needed then. With `--data` or `--at` the facts are those that a server keeps, now or at some
/// moment, instead of the sources'. It acts on nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed plan rules/campaigns.rules
  owed plan rules/campaigns.rules --with '+campaign(\"1001\")'
  owed plan rules/campaigns.rules --now 2026-03-26T09:00Z --list csv.missing
  owed plan rules/campaigns.rules --why 'results(\"501\", 2026-03-25)'
  owed plan rules/campaigns.rules --at 2026-03-26T09:00Z
  owed plan rules/campaigns.rules --output json --limit 0 | jq .ready

Exit codes: 0 done, 1 error or a refused line, 2 something is missing (with
--exit-code), 64 wrong usage.")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    #[command(flatten)]
    given: Given,
    /// Show what this change would make of it: `+relation(…)` or `-relation(…)`. Several are
    /// one transaction
    #[arg(long, value_name = "CHANGE", allow_hyphen_values = true)]
    with: Vec<String>,
    /// Show the rows of this relation
    #[arg(long, value_name = "REL")]
    list: Vec<String>,
    /// Instead of the report: why this instance is in its state, and what it waits for
    #[arg(long, value_name = "INSTANCE", conflicts_with_all = ["list", "why_roots"])]
    why: Option<String>,
    /// Instead of the report: what keeps all that is missing, by root causes
    #[arg(long, conflicts_with = "list")]
    why_roots: bool,
    /// How many lines of what is needed to show; 0 shows all
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    workers: Workers,
    /// How the report is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
    /// Exit with 2 if anything is missing
    #[arg(long)]
    exit_code: bool,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let (loaded, counted) = add_counts(load(&arguments.file)?);
    let program = &loaded.program;
    let lists = arguments.list.iter().map(|name| find_relation(program, name));
    let lists = lists.collect::<Result<Vec<_>, _>>()?;
    let with = parse_changes(program, &arguments.with)?;
    let question = Question::parse(program, arguments.why.as_deref(), arguments.why_roots)?;
    let progress = Progress::start();
    let mut clock = arguments.given.clock();
    let (changes, is_refused) = arguments.given.gather(&loaded, &mut clock, &progress)?;
    progress.say("deriving what is owed");
    let mut demand = demand(program, &counted, &lists, !with.is_empty());
    demand.readable.extend(question.iter().flat_map(|_| readable(program)));
    let workers = arguments.workers.gather_aloud()?;
    let mut session = Session::new(program, &demand, workers, clock);
    session.apply(changes).map_err(|mistake| refused(&mistake))?;
    let state = State::read(program, &counted, &lists, &mut session);
    let idle = idle::describe(&with, &arguments.with, &mut session);
    let delta = match with.is_empty() {
        true => None,
        false => Some(session.apply(with).map_err(|mistake| Failure::Usage(mistake.to_string()))?),
    };
    drop(progress);
    let is_owed = state.goals.iter().any(|goal| goal.missing > 0);
    let is_faulty = !state.rule_errors.is_empty();
    let makes_errors =
        delta.as_ref().is_some_and(|delta| !rule_errors::made(delta, program).is_empty());
    let (with, limit) = (arguments.with.as_slice(), arguments.limit);
    let report = Report { program, state, delta, with, idle, limit };
    match &question {
        Some(question) => question.answer(program, &mut session, limit, arguments.output)?,
        None => print(&report, arguments.output)?,
    }
    if is_faulty {
        talk::warning("there are rule errors: rows without a value are left out of the report");
    }
    if makes_errors {
        talk::warning("this change makes rule errors: rows without a value are left out");
    }
    Ok(match (is_refused, arguments.exit_code && is_owed) {
        (true, _) => Status::Faulty,
        (false, true) => Status::Owed,
        (false, false) => Status::Done,
    })
}

fn print(report: &Report<'_>, output: Output) -> Result<(), Failure> {
    match output {
        Output::Text => {
            let mut out = anstream::stdout().lock();
            out.write_all(report_text::render(report).as_bytes())?;
            Ok(out.flush()?)
        }
        Output::Json => {
            let mut out = std::io::stdout().lock();
            out.write_all(report_json::render(report).as_bytes())?;
            Ok(out.flush()?)
        }
    }
}

/// The relation that an argument names.
pub(super) fn find_relation(program: &Program, name: &str) -> Result<RelationId, Failure> {
    match program.schema.find(name) {
        Some(relation) => Ok(relation.id),
        None => {
            let names = program.schema.relations().iter().map(|relation| relation.name.as_str());
            let hint =
                crate::feed::nearest(name, names).map_or(String::new(), |hint| format!("; {hint}"));
            Err(Failure::Usage(format!("the program has no relation \"{name}\"{hint}")))
        }
    }
}

/// The changes that `--with` names.
pub(super) fn parse_changes(program: &Program, texts: &[String]) -> Result<Vec<Change>, Failure> {
    let vocabulary = vocabulary(program);
    let parse = |text: &String| match parse_line(text, &vocabulary) {
        Ok(Line::Change(change)) => Ok(change),
        Ok(_) => Err(Failure::Usage(format!("--with '{text}': expected `+…` or `-…`"))),
        Err(mistake) => Err(Failure::Usage(format!("--with '{text}': {mistake}"))),
    };
    texts.iter().map(parse).collect()
}

fn demand(
    program: &Program,
    counted: &[CountedGoal],
    lists: &[RelationId],
    is_with: bool,
) -> Demand {
    let outputs = program.schema.relations().iter().filter(|one| one.is_output).map(|one| one.id);
    let mut readable: Vec<RelationId> = counted.iter().flat_map(CountedGoal::relations).collect();
    readable.extend(goal_relations(program, &["ready", "stuck", "gone_because"]));
    readable.extend(outputs);
    readable.extend(lists);
    readable.push(program.builtins.rule_error);
    let mut watched = Vec::new();
    if is_with {
        watched.extend(streamed(program));
        watched.push(program.builtins.rule_error);
    }
    Demand { watched, readable }
}

/// What is streamed unless somebody asks for something else: the outputs, and every goal's
/// `missing` and `ready`.
pub(super) fn streamed(program: &Program) -> Vec<RelationId> {
    let outputs = program.schema.relations().iter().filter(|one| one.is_output).map(|one| one.id);
    let mut streamed: Vec<RelationId> = goal_relations(program, &["missing", "ready"]).collect();
    streamed.extend(outputs);
    streamed.sort();
    streamed
}

fn goal_relations<'a>(
    program: &'a Program,
    states: &'a [&str],
) -> impl Iterator<Item = RelationId> + 'a {
    let names = program
        .goals
        .iter()
        .flat_map(move |goal| states.iter().map(move |state| format!("{}.{state}", goal.name)));
    names.filter_map(|name| program.schema.find(&name).map(|relation| relation.id))
}
