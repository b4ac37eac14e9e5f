//! How a server stands: goals with their counts, what is in flight, pools.

use serde::Serialize;

use super::counts::number_of;
use super::machine::Machine;
use super::news::SourceState;
use super::prelude::sources_behind;
use super::work::instance;
use crate::model::{Duration, RelationId, Row, Timestamp, Value};
use crate::reconcile::{Mode, RunView};

/// Everything that `owed status` tells.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub now: String,
    /// The system's clock, where it was set back and time stands still until it is as late again.
    pub clock: Option<String>,
    /// The number of the last transaction.
    pub revision: u64,
    pub observe_only: bool,
    pub goals: Vec<GoalStatus>,
    pub in_flight: Vec<InFlight>,
    pub pools: Vec<PoolStatus>,
    /// Where rows come from by themselves; with a goal, what is behind it.
    pub sources: Vec<SourceStatus>,
    /// `goal csv`, `pool sftp`, `everything`: what somebody has paused, with who and since when.
    pub paused: Vec<String>,
    /// What the rules leave out.
    pub rule_errors: i64,
}

/// One goal.
#[derive(Clone, Debug, Serialize)]
pub struct GoalStatus {
    pub goal: String,
    /// By state; those that nothing is in are left out.
    pub states: Vec<(String, i64)>,
    pub missing: i64,
    pub late: i64,
    /// How many are to be looked at, and wait for room.
    pub looks_waiting: usize,
    /// When the next one is looked at; nothing for a goal without a check.
    pub next_look: Option<String>,
    /// When the last look ended and what it said, if it failed.
    pub look_failure: Option<LookFailure>,
    /// The late and the stuck, the first few.
    pub urgent: Vec<String>,
}

/// A look that failed.
#[derive(Clone, Debug, Serialize)]
pub struct LookFailure {
    pub at: String,
    pub message: String,
}

/// A look or an action on its way.
#[derive(Clone, Debug, Serialize)]
pub struct InFlight {
    /// `action` or `check`.
    pub what: String,
    pub goal: String,
    /// The first of its instances.
    pub first: String,
    pub instances: usize,
    pub since: String,
    pub until: String,
    /// Why it was asked to stop.
    pub stopping: Option<String>,
}

/// A pool.
#[derive(Clone, Debug, Serialize)]
pub struct PoolStatus {
    pub pool: String,
    pub running: u32,
    pub limit: u32,
    pub failures: u32,
    /// What the last of the failures in a row said.
    pub failure: Option<String>,
    pub tripped: bool,
    /// Until then nothing is tried, if it is tripped.
    pub next_probe: Option<String>,
    pub paused: bool,
}

/// A source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceStatus {
    pub relation: String,
    /// `csv "campaigns.csv"`, as the rules have it.
    pub source: String,
    /// When it was last read well; nothing if it never was.
    pub at: Option<String>,
    pub rows: usize,
    /// Why it cannot be read, or why what was read is not used.
    pub error: Option<String>,
    /// When it is read again by the clock; nothing where changes are watched for.
    pub next: Option<String>,
    /// How much of it is passed over, and the first few.
    pub skipped: usize,
    pub skipped_first: Vec<String>,
}

/// How many late and stuck instances are named for each goal.
const URGENT_MAX: usize = 10;
/// They are the first of so many: a million late ones are not all read for ten.
const URGENT_READ_MAX: usize = 1_000;

/// Clocks that are less behind are not worth a word.
const CLOCK_SLACK: Duration = Duration::from_micros(1_000_000);

/// How a machine stands; of one goal, if it is named. `clock` is what the system's clock says.
///
/// # Errors
/// If there is no such goal.
pub fn status(
    machine: &mut Machine,
    goal: Option<&str>,
    clock: Timestamp,
) -> Result<Status, String> {
    let names: Vec<String> = machine.program.goals.iter().map(|goal| goal.name.clone()).collect();
    if let Some(goal) = goal.filter(|goal| !names.iter().any(|name| name == goal)) {
        let hint = crate::feed::nearest(goal, names.iter().map(String::as_str));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        return Err(format!("there is no goal \"{goal}\"{hint}"));
    }
    let is_wanted = |name: &str| goal.is_none_or(|goal| goal == name);
    let counted = machine.prelude.counted.clone();
    let goals = counted.iter().filter(|counted| is_wanted(&counted.goal));
    let goals = goals.map(|counted| goal_status(machine, counted)).collect();
    let flights = machine.reconciler.in_flight();
    let flights = flights.iter().filter(|run| is_wanted(&run.goal)).map(in_flight);
    let in_flight = flights.collect();
    let pools = machine.reconciler.pools().into_iter().map(|pool| PoolStatus {
        pool: pool.name,
        running: pool.running,
        limit: pool.limit,
        failures: pool.failures,
        failure: pool.failure,
        tripped: pool.is_tripped,
        next_probe: pool.next_probe.filter(|moment| machine.now < *moment).map(|m| m.to_string()),
        paused: pool.is_paused,
    });
    let pools = pools.collect();
    let sources = source_statuses(machine, goal);
    let errors = machine.engine.rows(machine.program.builtins.rule_error, &[]);
    Ok(Status {
        now: machine.now.to_string(),
        clock: (machine.now.since(clock) > CLOCK_SLACK).then(|| clock.to_string()),
        revision: machine.store.last_transaction(),
        observe_only: machine.prelude.spec.mode == Mode::ObserveOnly,
        goals,
        in_flight,
        pools,
        sources,
        paused: paused(machine),
        rule_errors: errors.iter().map(|row| number_of(row)).sum(),
    })
}

fn goal_status(machine: &mut Machine, counted: &super::counts::CountedGoal) -> GoalStatus {
    let states = machine.engine.rows(counted.states, &[]);
    let states = states.iter().map(|row| (text(&row[0]), number_of(row))).collect();
    let mut total = |relation| {
        let rows = machine.engine.rows(relation, &[]);
        rows.first().map_or(0, |row| number_of(row))
    };
    let missing = total(counted.missing);
    let late = counted.late.map_or(0, &mut total);
    let looks = machine.reconciler.looks();
    let looks = looks.iter().find(|looks| looks.goal == counted.goal);
    let mut urgent = Vec::new();
    for state in ["stuck", "late"] {
        for row in rows_of(machine, &counted.goal, state).into_iter().take(URGENT_MAX) {
            urgent.push(format!("{state} {}", instance(&counted.goal, &row)));
        }
    }
    GoalStatus {
        goal: counted.goal.clone(),
        states,
        missing,
        late,
        looks_waiting: looks.map_or(0, |looks| looks.waiting),
        next_look: looks.and_then(|looks| looks.next).map(|next| next.to_string()),
        look_failure: looks
            .and_then(|looks| looks.failure.as_ref())
            .map(|(at, message)| LookFailure { at: at.to_string(), message: message.clone() }),
        urgent,
    }
}

/// How the sources stand; those behind a goal, if it is named.
pub(super) fn source_statuses(machine: &Machine, goal: Option<&str>) -> Vec<SourceStatus> {
    let program = &machine.program;
    let goal = goal.and_then(|name| program.goals.iter().find(|goal| goal.name == name));
    let behind = goal.map(|goal| sources_behind(goal, program));
    let states = machine.sources.states.iter();
    let wanted = states.filter(|(id, _)| behind.as_ref().is_none_or(|all| all.contains(id)));
    let status = |(id, state): (&RelationId, &SourceState)| {
        let relation = program.schema.relation(*id);
        SourceStatus {
            relation: relation.name.clone(),
            source: relation.source.as_ref().map(|one| one.kind.to_string()).unwrap_or_default(),
            at: state.at.map(|at| at.to_string()),
            rows: state.rows,
            error: state.error.clone(),
            next: state.next.map(|next| next.to_string()),
            skipped: state.skipped_count,
            skipped_first: state.skipped.clone(),
        }
    };
    wanted.map(status).collect()
}

fn rows_of(machine: &mut Machine, goal: &str, state: &str) -> Vec<Row> {
    let relation = machine.program.schema.find(&format!("{goal}.{state}"));
    let relation = relation.map(|relation| relation.id);
    relation.map(|relation| machine.engine.some_rows(relation, URGENT_READ_MAX)).unwrap_or_default()
}

fn in_flight(run: &RunView) -> InFlight {
    let first = run.first.as_ref().map(|key| instance(&run.goal, key));
    InFlight {
        what: if run.is_action { "action" } else { "check" }.to_string(),
        goal: run.goal.clone(),
        first: first.unwrap_or_default(),
        instances: run.instances,
        since: run.began.to_string(),
        until: run.deadline.to_string(),
        stopping: run.stopping.map(|why| why.to_string()),
    }
}

fn paused(machine: &mut Machine) -> Vec<String> {
    let rows = machine.engine.rows(machine.prelude.paused, &[]);
    let say = |row: &Row| {
        let [what, name, since, who] = row.as_slice() else { return String::new() };
        let what = format!("{} {}", text(what), text(name));
        format!("{} since {since:#} by {}", what.trim_end(), text(who))
    };
    rows.iter().map(say).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_string(),
    }
}
