//! `status`: how a server stands.

use std::fmt::Write as _;
use std::io::Write;

use serde_json::Value as Json;

use super::connection::{Server, number, text, to_second};
use crate::cli::command_line::Output;
use crate::cli::failure::{Failure, Status};
use crate::cli::talk::{BOLD, DIM, RED, YELLOW, styled};
use crate::cli::versioned::versioned;
use crate::server::Ask;

/// Show how goals, pools and what is in flight stand
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed status
  owed status csv
  owed status --output json | jq .pools

Exit codes: 0 done, 1 error, 64 wrong usage.")]
pub(in crate::cli) struct StatusOf {
    /// Only this goal
    goal: Option<String>,
    #[command(flatten)]
    server: Server,
    /// How it is written
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// How many looks and actions on their way are shown.
const IN_FLIGHT_MAX: usize = 20;

/// Runs it.
pub(in crate::cli) fn status(arguments: &StatusOf) -> Result<Status, Failure> {
    let ask = Ask::Status { goal: arguments.goal.clone() };
    let answer = arguments.server.connect()?.ask(&ask)?;
    match arguments.output {
        Output::Json => std::io::stdout().write_all(versioned(answer).as_bytes())?,
        Output::Text => anstream::stdout().write_all(render(&answer).as_bytes())?,
    }
    Ok(Status::Done)
}

fn render(status: &Json) -> String {
    let mut page = format!("{}\n", to_second(text(status, "now")));
    if let Some(clock) = status.get("clock").and_then(Json::as_str) {
        let text =
            format!("the system's clock says {clock}; time stands still until it is as late");
        writeln!(page, "{}", styled(RED, &text)).expect("memory takes all");
    }
    if status.get("observe_only").and_then(Json::as_bool) == Some(true) {
        page.push_str("only observing: nothing is acted upon\n");
    }
    for error in 0..number(status, "rule_errors").min(1) {
        let rows = number(status, "rule_errors") + error;
        let hint = "rows are left out by rule errors: owed list rule_error";
        writeln!(page, "{}", styled(RED, &format!("{rows} {hint}"))).expect("memory takes all");
    }
    for goal in list(status, "goals") {
        page.push('\n');
        page.push_str(&goal_lines(goal));
    }
    flights(status, &mut page);
    pools(status, &mut page);
    sources(status, &mut page);
    page
}

fn goal_lines(goal: &Json) -> String {
    let states = goal.get("states").and_then(Json::as_array).into_iter().flatten();
    let states = states.filter_map(|state| {
        Some(format!("{} {}", state.get(1)?.as_i64()?, state.get(0)?.as_str()?))
    });
    let mut states: Vec<String> = states.collect();
    if number(goal, "late") > 0 {
        states.push(styled(YELLOW, &format!("{} late", number(goal, "late"))));
    }
    if number(goal, "looks_waiting") > 0 {
        states.push(styled(DIM, &format!("{} to be looked at", number(goal, "looks_waiting"))));
    }
    if let Some(next) = goal.get("next_look").and_then(Json::as_str) {
        states.push(styled(DIM, &format!("next look {}", to_second(next))));
    }
    if states.is_empty() {
        states.push(styled(DIM, "nothing expected"));
    }
    let mut lines = format!("{}  {}\n", styled(BOLD, text(goal, "goal")), states.join(", "));
    if let Some(failure) = goal.get("look_failure").filter(|failure| failure.is_object()) {
        let (at, message) = (to_second(text(failure, "at")), text(failure, "message"));
        let said = format!("the look failed at {at}: {message}");
        writeln!(lines, "    {}", styled(RED, &said)).expect("memory takes all");
    }
    for urgent in list(goal, "urgent") {
        let urgent = urgent.as_str().unwrap_or_default();
        writeln!(lines, "    {}", styled(YELLOW, urgent)).expect("memory takes all");
    }
    lines
}

fn flights(status: &Json, page: &mut String) {
    let flights: Vec<&Json> = list(status, "in_flight").collect();
    if flights.is_empty() {
        return;
    }
    page.push_str(&format!("\n{}\n", styled(BOLD, "in flight")));
    for run in flights.iter().take(IN_FLIGHT_MAX) {
        let more = match number(run, "instances") {
            0 | 1 => String::new(),
            instances => format!(" and {} more", instances - 1),
        };
        let (what, first) = (text(run, "what"), text(run, "first"));
        let (since, until) = (to_second(text(run, "since")), to_second(text(run, "until")));
        let stopping = run.get("stopping").and_then(Json::as_str);
        let stopping = stopping.map(|why| format!(", {why}")).unwrap_or_default();
        let line = format!("    {what} {first}{more}, since {since}, until {until}{stopping}\n");
        page.push_str(&line);
    }
    if flights.len() > IN_FLIGHT_MAX {
        page.push_str(&format!("    and {} more\n", flights.len() - IN_FLIGHT_MAX));
    }
}

fn pools(status: &Json, page: &mut String) {
    page.push_str(&format!("\n{}\n", styled(BOLD, "pools")));
    for pool in list(status, "pools") {
        let (name, running) = (text(pool, "pool"), number(pool, "running"));
        let mut line = format!("    {name}  {running} of {}", number(pool, "limit"));
        if pool.get("tripped").and_then(Json::as_bool) == Some(true) {
            let failures = number(pool, "failures");
            let next = match pool.get("next_probe").and_then(Json::as_str).map(to_second) {
                Some(next) => format!("next probe {next}"),
                None => "what is ready next is the probe".to_string(),
            };
            let tripped = format!("tripped: {failures} failures in a row, {next}");
            line.push_str(&format!(", {}", styled(RED, &tripped)));
        }
        if pool.get("paused").and_then(Json::as_bool) == Some(true) {
            line.push_str(&format!(", {}", styled(YELLOW, "paused")));
        }
        page.push_str(&line);
        page.push('\n');
        if let Some(failure) = pool.get("failure").and_then(Json::as_str) {
            writeln!(page, "        {}", styled(DIM, failure)).expect("memory takes all");
        }
    }
    for paused in list(status, "paused") {
        let paused = format!("paused: {}\n", paused.as_str().unwrap_or_default());
        page.push_str(&paused);
    }
}

fn sources(status: &Json, page: &mut String) {
    let all: Vec<&Json> = list(status, "sources").collect();
    if all.is_empty() {
        return;
    }
    page.push_str(&format!("\n{}\n", styled(BOLD, "sources")));
    for source in all {
        let rows = match number(source, "rows") {
            1 => "1 row".to_string(),
            rows => format!("{rows} rows"),
        };
        let optional = |name: &str| source.get(name).and_then(Json::as_str);
        let mut line = format!("    {}  ", text(source, "relation"));
        match optional("at") {
            Some(at) => line.push_str(&format!("{rows}, read at {}", to_second(at))),
            None => line.push_str(&styled(YELLOW, "not read yet")),
        }
        if let Some(next) = optional("next") {
            line.push_str(&styled(DIM, &format!(", next at {}", to_second(next))));
        }
        writeln!(page, "{line}").expect("memory takes all");
        if let Some(error) = optional("error") {
            writeln!(page, "        {}", styled(RED, error)).expect("memory takes all");
        }
        let mut more = number(source, "skipped");
        for one in list(source, "skipped_first").filter_map(Json::as_str) {
            more = more.saturating_sub(1);
            let one = format!("passes over {one}");
            writeln!(page, "        {}", styled(YELLOW, &one)).expect("memory takes all");
        }
        if more > 0 {
            writeln!(page, "        and {more} more").expect("memory takes all");
        }
    }
}

fn list<'j>(json: &'j Json, name: &str) -> impl Iterator<Item = &'j Json> {
    json.get(name).and_then(Json::as_array).into_iter().flatten()
}
