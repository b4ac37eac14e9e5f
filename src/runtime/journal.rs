//! What a server writes into its log: states that people want to hear of, not every step.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::work::instance;
use crate::model::{Delta, RelationDelta, RelationId, Row};
use crate::program::Program;
use crate::reconcile::{Notice, Outcome};

/// The states that are told when instances enter them, and how loudly.
const STATES: [(&str, bool); 3] = [("stuck", true), ("gone", true), ("late", true)];
/// More instances at once are counted, not named.
const NAMED_MAX: usize = 3;

/// The relations whose changes are told.
pub(super) fn logged(program: &Program) -> Vec<RelationId> {
    let names = program.goals.iter().flat_map(|goal| {
        let states = STATES.iter().map(|(state, _)| *state).chain(["attempt"]);
        states.map(move |state| format!("{}.{state}", goal.name))
    });
    names.filter_map(|name| program.schema.find(&name).map(|relation| relation.id)).collect()
}

/// Tells of instances that are stuck, gone or late now, and of attempts that failed.
pub(super) fn tell(delta: &Delta, program: &Program) {
    for one in &delta.relations {
        let name = &program.schema.relation(one.relation).name;
        if one.relation == program.builtins.rule_error {
            tell_errors(one);
            continue;
        }
        let Some((goal, state)) = name.rsplit_once('.') else { continue };
        if state == "attempt" {
            one.inserted.iter().for_each(|row| tell_attempt(goal, row));
        } else if STATES.iter().any(|(known, _)| *known == state) {
            tell_state(goal, state, one);
        }
    }
}

fn tell_state(goal: &str, state: &str, changed: &RelationDelta) {
    let names = |rows: &[Row]| {
        let named: Vec<String> =
            rows.iter().take(NAMED_MAX).map(|row| instance(goal, row)).collect();
        match rows.len() > NAMED_MAX {
            true => format!("{} and {} more", named.join(", "), rows.len() - NAMED_MAX),
            false => named.join(", "),
        }
    };
    if !changed.inserted.is_empty() {
        warn!(
            goal,
            state,
            instances = changed.inserted.len(),
            "{state}: {}",
            names(&changed.inserted)
        );
    }
    if !changed.deleted.is_empty() {
        let (count, gone) = (changed.deleted.len(), names(&changed.deleted));
        info!(goal, state, instances = count, "no longer {state}: {gone}");
    }
}

fn tell_attempt(goal: &str, row: &Row) {
    let (key, attempt) = row.split_at(row.len() - 5);
    let [number, _, _, outcome, message] = attempt else { unreachable!("five columns") };
    let (instance, text) = (instance(goal, key), |value: &crate::model::Value| match value {
        crate::model::Value::Text(text) => text.lines().next().unwrap_or_default().to_string(),
        other => other.to_string(),
    });
    match Outcome::from_name(&text(outcome)) {
        Some(Outcome::Running) => info!(goal, "{instance}: attempt {number} begins"),
        Some(Outcome::Succeeded) => info!(goal, "{instance}: attempt {number} ended well"),
        Some(Outcome::Failed) => {
            warn!(goal, "{instance}: attempt {number} failed: {}", text(message));
        }
        Some(Outcome::Gone) => warn!(goal, "{instance}: can never succeed: {}", text(message)),
        Some(Outcome::Unknown) => {
            warn!(goal, "{instance}: attempt {number} is unknown: {}", text(message));
        }
        None => {}
    }
}

fn tell_errors(changed: &RelationDelta) {
    for row in &changed.inserted {
        let [rule, line, message, rows] = row.as_slice() else { continue };
        warn!("rule {rule} in line {line} leaves out {rows} rows: {message}");
    }
}

/// Troubles that were told: what stays as it is comes again only from time to time.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    told: BTreeMap<(String, String), Instant>,
}

impl Troubles {
    /// Tells of a trouble, unless that was done lately.
    pub fn tell(&mut self, of: String, message: String) {
        self.told.retain(|_, told| told.elapsed() < TROUBLE_PAUSE);
        if self.told.len() < TROUBLES_MAX && !self.told.contains_key(&(of.clone(), message.clone()))
        {
            warn!("{of}: {message}");
            self.told.insert((of, message), Instant::now());
        }
    }
}

/// How long a trouble is not told again.
const TROUBLE_PAUSE: Duration = Duration::from_secs(600);
/// More different troubles than these are not told within that time.
const TROUBLES_MAX: usize = 1_000;

/// Tells of what concerns more than one instance.
pub(super) fn notice(notice: &Notice) {
    match notice {
        Notice::Tripped { pool, failures, message } => {
            warn!(
                pool,
                "pool {pool}: {failures} failures in a row, one probe at a time: {message}"
            );
        }
        Notice::Recovered { pool } => info!(pool, "pool {pool}: a probe came through"),
    }
}
