//! Goals to plain statements: the declarations of the relations that people and the runtime
//! write, and the rules of its states. The result is a program of its own that means the same;
//! `check` goes on from here, so that there is one specification of a goal's states.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;

use super::lifecycle::Lifecycle;
use super::relation_info::reserved;
use super::states::RESERVED;
use super::walk;
use crate::model::Duration;
use crate::syntax::ast::{
    Call, Clause, ClauseKind, Constant, Expr, ExprKind, File, Goal, Job, JobOptionKind, Literal,
    Statement, StatementKind,
};

/// The file with every goal as plain statements, in the goal's place.
pub fn expand(file: &File) -> File {
    File { statements: expand_with_origins(file).into_iter().map(|(made, _)| made).collect() }
}

/// Who wrote a statement of an expanded file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The user, as it stands.
    Written,
    /// The user, as a goal's clause that begins with this keyword.
    Clause { goal: Rc<str>, keyword: &'static str },
    /// What every goal means.
    Meaning { goal: Rc<str> },
}

impl Origin {
    /// The clause's word.
    pub fn keyword(&self) -> Option<&'static str> {
        match self {
            Origin::Clause { keyword, .. } => Some(keyword),
            Origin::Written | Origin::Meaning { .. } => None,
        }
    }
}

pub(super) fn expand_with_origins(file: &File) -> Vec<(Statement, Origin)> {
    let goals = Goals::of(file);
    let mentioned = walk::mentioned_names(file);
    let mut made = Vec::new();
    let mut seen = HashSet::new();
    for statement in &file.statements {
        match &statement.kind {
            StatementKind::Goal(goal) if is_sound(goal) && seen.insert(&*goal.name.text) => {
                let mut lifecycle = Lifecycle::new(goal, &goals, &mentioned);
                lifecycle.declare(statement.doc.clone());
                made.extend(lifecycle.finish());
            }
            StatementKind::Goal(_) => {}
            StatementKind::Include(_)
            | StatementKind::Timezone(_)
            | StatementKind::Declaration(_)
            | StatementKind::Rule(_)
            | StatementKind::Pool(_) => made.push((statement.clone(), Origin::Written)),
        }
    }
    made
}

/// Whether relations and rules can be made of the goal; `check` refuses it if not.
pub(super) fn is_sound(goal: &Goal) -> bool {
    let names = goal.parameters.iter().map(|column| &*column.name.text);
    let distinct: HashSet<&str> = names.clone().collect();
    !goal.name.text.contains('.')
        && reserved(&goal.name.text, goal.name.span).is_none()
        && distinct.len() == goal.parameters.len()
        && names.into_iter().all(|name| !RESERVED.contains(&name))
}

/// One `needs` clause, and whose it is.
#[derive(Clone, Copy)]
pub(super) struct NeedClause<'a> {
    pub goal: &'a Goal,
    pub clause: &'a Clause,
    pub needed: &'a Call,
    pub body: &'a [Literal],
}

/// All goals of a file by name, and what is known of them together.
pub(super) struct Goals<'a> {
    by_name: IndexMap<&'a str, &'a Goal>,
    /// Those of whose instances some own action or `working` clause, or a need's, can run.
    pub working: HashSet<&'a str>,
    /// Those whose own action, or a need's, can fail too often.
    pub sticking: HashSet<&'a str>,
    /// Milestones, and what they need, directly or round about.
    pub below_milestones: HashSet<&'a str>,
    /// Those that ask what is wanted whether or not what wants it is missing: milestones, goals
    /// below them whose `ok` has to be told which instances there are, and the goals above both.
    pub asked: HashSet<&'a str>,
}

impl<'a> Goals<'a> {
    pub fn of(file: &'a File) -> Goals<'a> {
        let mut by_name: IndexMap<&str, &Goal> = IndexMap::new();
        for statement in &file.statements {
            if let StatementKind::Goal(goal) = &statement.kind
                && is_sound(goal)
            {
                by_name.entry(goal.name.text.as_str()).or_insert(goal);
            }
        }
        let (working, sticking, below_milestones, asked) = Default::default();
        let mut goals = Goals { by_name, working, sticking, below_milestones, asked };
        goals.working = goals.upwards(|goal| action(goal).is_some() || has_working(goal));
        goals.sticking = goals.upwards(|goal| action(goal).is_some());
        goals.below_milestones = goals.downwards(is_milestone);
        goals.asked = goals.upwards(|goal| {
            let below = goals.below_milestones.contains(goal.name.text.as_str());
            is_milestone(goal) || (below && leaves_a_parameter_open(goal))
        });
        goals
    }

    pub fn get(&self, name: &str) -> Option<&'a Goal> {
        self.by_name.get(name).copied()
    }

    /// The `needs` clauses of all goals that ask for this one.
    pub fn demands(&self, name: &str) -> Vec<NeedClause<'a>> {
        let all = self.by_name.values().flat_map(|goal| self.needs(goal));
        all.filter(|need| need.needed.name.text == name).collect()
    }

    /// The `needs` clauses of a goal that name a goal.
    pub fn needs(&self, goal: &'a Goal) -> Vec<NeedClause<'a>> {
        let clauses = goal.clauses.iter();
        clauses
            .filter_map(|clause| match &clause.kind {
                ClauseKind::Needs { goal: needed, body }
                    if self.get(&needed.name.text).is_some() =>
                {
                    Some(NeedClause { goal, clause, needed, body })
                }
                _ => None,
            })
            .collect()
    }

    /// The goals for which it holds, what they need, and so on.
    fn downwards(&self, holds: impl Fn(&Goal) -> bool) -> HashSet<&'a str> {
        let mut found = self.names_where(holds);
        let mut next: Vec<&str> = found.iter().copied().collect();
        while let Some(goal) = next.pop().and_then(|name| self.get(name)) {
            let needed = self.needs(goal).into_iter().map(|need| need.needed.name.text.as_str());
            next.extend(needed.filter(|name| found.insert(name)));
        }
        found
    }

    fn names_where(&self, holds: impl Fn(&Goal) -> bool) -> HashSet<&'a str> {
        let goals = self.by_name.values().filter(|goal| holds(goal));
        goals.map(|goal| goal.name.text.as_str()).collect()
    }

    /// The goals for which it holds, and those that need one for which it holds, and so on.
    fn upwards(&self, holds: impl Fn(&Goal) -> bool) -> HashSet<&'a str> {
        let mut found = self.names_where(holds);
        loop {
            let more: Vec<&str> = self
                .by_name
                .values()
                .filter(|goal| !found.contains(goal.name.text.as_str()))
                .filter(|goal| {
                    let needs = self.needs(goal);
                    needs.iter().any(|need| found.contains(need.needed.name.text.as_str()))
                })
                .map(|goal| goal.name.text.as_str())
                .collect();
            if more.is_empty() {
                return found;
            }
            found.extend(more);
        }
    }
}

/// A goal's first `action`.
pub(super) fn action(goal: &Goal) -> Option<(&Clause, &Job)> {
    goal.clauses.iter().find_map(|clause| match &clause.kind {
        ClauseKind::Action(job) => Some((clause, job)),
        _ => None,
    })
}

fn has_working(goal: &Goal) -> bool {
    goal.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::Working(_)))
}

/// Whether an `ok` clause binds not all of the goal's parameters.
fn leaves_a_parameter_open(goal: &Goal) -> bool {
    goal.clauses.iter().any(|clause| match &clause.kind {
        ClauseKind::Ok(body) => leaves_open(goal, body),
        _ => false,
    })
}

/// Whether this body of an `ok` clause binds not all of the goal's parameters.
pub(super) fn leaves_open(goal: &Goal, body: &[Literal]) -> bool {
    let bound = walk::bound_variables(body);
    goal.parameters.iter().any(|parameter| !bound.contains(&*parameter.name.text))
}

pub(super) fn is_milestone(goal: &Goal) -> bool {
    goal.clauses.iter().any(|clause| matches!(clause.kind, ClauseKind::OkNeeds))
}

/// How many attempts may fail before an instance is stuck, where the action does not say.
pub(super) const RETRY: u32 = 10;
/// How long an attempt counts where the action wrongly does not say.
pub(super) const WITHIN: Duration = Duration::from_micros(3_600_000_000);
/// The first pause after a failure, where the action does not say.
pub(super) const BACKOFF_MIN: Duration = Duration::from_micros(10_000_000);
/// The longest pause after a failure, where the action does not say.
pub(super) const BACKOFF_MAX: Duration = Duration::from_micros(3_600_000_000);

/// What an action's options say, with the defaults for what they do not. Options that are
/// wrong count as not there: `check` has refused them.
pub(super) struct Timing {
    pub within: Duration,
    pub retry: u32,
    pub backoff_min: Duration,
    pub backoff_max: Duration,
}

impl Timing {
    pub fn of(job: &Job) -> Timing {
        let mut timing = Timing {
            within: WITHIN,
            retry: RETRY,
            backoff_min: BACKOFF_MIN,
            backoff_max: BACKOFF_MAX,
        };
        for option in &job.options {
            match &option.kind {
                JobOptionKind::Within(value) => {
                    timing.within = literal_duration(value).unwrap_or(timing.within);
                }
                JobOptionKind::Retry(value) => {
                    timing.retry = literal_count(value).unwrap_or(timing.retry);
                }
                JobOptionKind::Backoff { from, to } => {
                    timing.backoff_min = literal_duration(from).unwrap_or(timing.backoff_min);
                    timing.backoff_max = literal_duration(to).unwrap_or(timing.backoff_max);
                }
                _ => {}
            }
        }
        timing
    }

    /// The pauses after the first, second, … failure; the last holds for all later ones.
    pub fn pauses(&self) -> Vec<Duration> {
        let (mut pause, most) = (self.backoff_min, self.backoff_max.max(self.backoff_min));
        let mut pauses = vec![pause];
        while pause < most {
            pause = pause.checked_add(pause).map_or(most, |doubled| doubled.min(most));
            pauses.push(pause);
        }
        pauses
    }
}

/// A positive duration literal without months.
pub(super) fn literal_duration(expr: &Expr) -> Option<Duration> {
    match &walk::bare(expr).kind {
        ExprKind::Constant(Constant::Duration(literal)) if literal.months == 0 => {
            let days = Duration::from_days(i64::from(literal.days))?;
            let sum = days.checked_add(Duration::from_micros(literal.micros))?;
            (sum > Duration::ZERO).then_some(sum)
        }
        _ => None,
    }
}

/// A positive whole number.
pub(super) fn literal_count(expr: &Expr) -> Option<u32> {
    match &walk::bare(expr).kind {
        ExprKind::Constant(Constant::Int(number)) => {
            u32::try_from(*number).ok().filter(|number| *number > 0)
        }
        _ => None,
    }
}
