//! What `plan` found out.

use super::session::Session;
use crate::model::{Delta, RelationId, Row, Timestamp, Value};
use crate::program::Program;
use crate::runtime::{CountedGoal, number_of};

/// What is, and what a change would make of it.
pub(super) struct Report<'a> {
    pub(super) program: &'a Program,
    pub(super) state: State,
    /// The changes of every goal's `missing` and `ready`, of the outputs and of `rule_error`,
    /// where `--with` asks for them.
    pub(super) delta: Option<Delta>,
    /// The changes that make the delta, as the user wrote them.
    pub(super) with: &'a [String],
    /// What is to be said of those among them that change nothing.
    pub(super) idle: Vec<String>,
    /// How many lines of a list to show; 0 is all.
    pub(super) limit: usize,
}

/// What is, at one moment.
pub(super) struct State {
    pub(super) now: Timestamp,
    pub(super) goals: Vec<GoalCounts>,
    /// What to look at where something does not come by itself.
    pub(super) hints: Vec<Hint>,
    /// What is needed now: each goal that has an action, with its `ready` relation.
    pub(super) ready: Vec<Needed>,
    pub(super) outputs: Vec<(RelationId, Vec<Row>)>,
    /// What `--list` asks for.
    pub(super) lists: Vec<(RelationId, Vec<Row>)>,
    /// Rows of `rule_error`.
    pub(super) rule_errors: Vec<Row>,
}

/// The instances of a goal that are ready.
pub(super) struct Needed {
    pub(super) goal: String,
    pub(super) relation: RelationId,
    pub(super) rows: Vec<Row>,
    /// How many of them are stuck: they are tried again nevertheless.
    pub(super) stuck: usize,
}

/// The relations that tell more of the instances in some state.
pub(super) struct Hint {
    pub(super) state: &'static str,
    pub(super) relations: Vec<RelationId>,
    /// `why` or `which`.
    pub(super) tells: &'static str,
}

/// How many instances of a goal there are. `ok` to `waiting` add up to `expected`.
#[derive(Clone, Debug, Default)]
pub(super) struct GoalCounts {
    pub(super) goal: String,
    pub(super) expected: i64,
    pub(super) ok: i64,
    pub(super) waived: i64,
    pub(super) missing: i64,
    pub(super) gone: i64,
    pub(super) stuck: i64,
    pub(super) working: i64,
    pub(super) ready: i64,
    pub(super) waiting: i64,
    pub(super) late: i64,
}

impl State {
    /// Reads it off a session.
    pub(super) fn read(
        program: &Program,
        counted: &[CountedGoal],
        lists: &[RelationId],
        session: &mut Session,
    ) -> State {
        let outputs: Vec<RelationId> = program
            .schema
            .relations()
            .iter()
            .filter(|one| one.is_output)
            .map(|one| one.id)
            .collect();
        let mut rows_of = |relations: &[RelationId]| -> Vec<(RelationId, Vec<Row>)> {
            relations.iter().map(|id| (*id, session.rows(*id))).collect()
        };
        let (outputs, lists) = (rows_of(&outputs), rows_of(lists));
        let goals: Vec<GoalCounts> =
            counted.iter().map(|goal| GoalCounts::read(goal, session)).collect();
        let ready = goals.iter().filter_map(|counts| Needed::read(program, counts, session));
        let ready = ready.collect();
        let hints = hints(program, &goals, session);
        let rule_errors = session.rows(program.builtins.rule_error);
        State { now: session.now(), goals, hints, ready, outputs, lists, rule_errors }
    }
}

impl Needed {
    /// `None` for a goal that nothing can be done about.
    fn read(program: &Program, counts: &GoalCounts, session: &mut Session) -> Option<Needed> {
        let find = |state: &str| program.schema.find(&format!("{}.{state}", counts.goal));
        let relation = find("ready")?.id;
        let rows = session.rows(relation);
        let stuck = match find("stuck") {
            Some(stuck) if counts.stuck > 0 => session.rows(stuck.id),
            _ => Vec::new(),
        };
        let stuck = stuck.iter().filter(|row| rows.binary_search(row).is_ok()).count();
        Some(Needed { goal: counts.goal.clone(), relation, rows, stuck })
    }
}

/// A goal has reasons of its own for being gone, or a goal that it needs has them.
fn hints(program: &Program, goals: &[GoalCounts], session: &mut Session) -> Vec<Hint> {
    let relations = |is_any: fn(&GoalCounts) -> bool, name: &str| -> Vec<RelationId> {
        let of_goal = |counts: &GoalCounts| program.schema.find(&format!("{}.{name}", counts.goal));
        let concerned = goals.iter().filter(|counts| is_any(counts)).filter_map(of_goal);
        concerned.map(|relation| relation.id).collect()
    };
    let mut because = relations(|counts| counts.gone > 0, "gone_because");
    let stuck = relations(|counts| counts.stuck > 0, "stuck");
    let late = relations(|counts| counts.late > 0, "late");
    because.retain(|reasons| !session.rows(*reasons).is_empty());
    let all = [
        Hint { state: "gone", relations: because, tells: "why" },
        Hint { state: "stuck", relations: stuck, tells: "which" },
        Hint { state: "late", relations: late, tells: "which" },
    ];
    all.into_iter().filter(|hint| !hint.relations.is_empty()).collect()
}

fn total(count: RelationId, session: &mut Session) -> i64 {
    session.rows(count).first().map_or(0, |row| number_of(row))
}

impl GoalCounts {
    fn read(counted: &CountedGoal, session: &mut Session) -> GoalCounts {
        let mut counts = GoalCounts { goal: counted.goal.clone(), ..GoalCounts::default() };
        for row in session.rows(counted.states) {
            let number = number_of(&row);
            counts.expected += number;
            let Some(Value::Text(state)) = row.first() else { unreachable!("a state is text") };
            *counts.of_state(state) += number;
        }
        counts.missing = total(counted.missing, session);
        counts.late = counted.late.map_or(0, |late| total(late, session));
        counts
    }

    fn of_state(&mut self, state: &str) -> &mut i64 {
        match state {
            "ok" => &mut self.ok,
            "waived" => &mut self.waived,
            "gone" => &mut self.gone,
            "stuck" => &mut self.stuck,
            "working" => &mut self.working,
            "ready" => &mut self.ready,
            "waiting" => &mut self.waiting,
            other => unreachable!("the expansion of goals knows no state {other:?}"),
        }
    }

    /// The numbers with their names, in the order in which they are shown.
    pub(super) fn columns(&self) -> [(&'static str, i64); 10] {
        [
            ("expected", self.expected),
            ("ok", self.ok),
            ("waived", self.waived),
            ("missing", self.missing),
            ("gone", self.gone),
            ("stuck", self.stuck),
            ("working", self.working),
            ("ready", self.ready),
            ("waiting", self.waiting),
            ("late", self.late),
        ]
    }
}
