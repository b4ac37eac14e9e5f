//! A program's rules by what they are to its goals: which came of which clause. Goals expand in a
//! fixed order (`owed expand` prints it), and it is by that order that they are told apart.

use rustc_hash::FxHashMap;

use super::notation::Notation;
use crate::model::{Goal, RelationId, RelationKind, Type, Value};
use crate::program::{Expr, HeadTerm, Literal, Program, Rule, Term, Variable, VariableId};

/// All goals, in the order of [`Program::goals`].
pub(super) struct Clauses<'a> {
    pub(super) program: &'a Program,
    pub(super) goals: Vec<GoalClauses<'a>>,
}

/// The clauses of one goal.
pub(super) struct GoalClauses<'a> {
    pub(super) goal: &'a Goal,
    /// What is expected by a fact.
    pub(super) own: RelationId,
    pub(super) attempt: RelationId,
    pub(super) waiver: RelationId,
    pub(super) state: RelationId,
    pub(super) expect: Vec<Clause<'a>>,
    pub(super) ok: Vec<Clause<'a>>,
    /// `ok needs`.
    pub(super) is_milestone: bool,
    pub(super) needs: Vec<Need>,
    pub(super) working: Vec<Clause<'a>>,
    pub(super) gone: Vec<Clause<'a>>,
    pub(super) hold: Vec<Clause<'a>>,
    pub(super) due: Vec<Due>,
}

/// A clause with the rule that it became.
pub(super) struct Clause<'a> {
    /// As one would write it.
    pub(super) text: String,
    pub(super) rule: &'a Rule,
    /// The literals from here on are the clause's own.
    pub(super) from: usize,
}

/// A `due` clause, as `g.late(p) :- g.missing(p), body.`
pub(super) struct Due {
    pub(super) rule: Rule,
    /// When it is late.
    pub(super) moment: Expr,
}

/// A `needs` clause, as `h.expected(q) :- g.state(p, state), body.`
pub(super) struct Need {
    /// Its place among the needs of its goal.
    pub(super) place: usize,
    pub(super) text: String,
    /// The place of the goal that is needed.
    pub(super) goal: usize,
    pub(super) rule: Rule,
}

impl Clause<'_> {
    /// The reason that a `gone` or `hold` clause gives.
    pub(super) fn reason(&self) -> Option<String> {
        match reason(self.rule) {
            Some(Value::Text(reason)) => Some(reason.to_string()),
            _ => None,
        }
    }
}

/// The relations that have to be readable for explanations: every goal's states, and what its
/// clauses ask that is derived.
pub fn readable(program: &Program) -> Vec<RelationId> {
    let clauses = Clauses::of(program);
    let mut relations = Vec::new();
    for goal in &clauses.goals {
        relations.extend([goal.state, goal.own]);
        let all = [&goal.expect, &goal.ok, &goal.working, &goal.gone, &goal.hold];
        for clause in all.into_iter().flatten() {
            relations.extend(read_by(&clause.rule.body[clause.from..]));
        }
        relations.extend(goal.needs.iter().flat_map(|need| read_by(&need.rule.body[1..])));
        relations.extend(goal.due.iter().flat_map(|due| read_by(&due.rule.body[1..])));
    }
    relations.retain(|id| {
        let is_derived = program.schema.relation(*id).kind == RelationKind::Derived;
        is_derived || *id == program.builtins.rule_error
    });
    relations.sort_unstable();
    relations.dedup();
    relations
}

fn read_by(body: &[Literal]) -> impl Iterator<Item = RelationId> + '_ {
    body.iter().filter_map(|literal| match literal {
        Literal::Atom(atom) => Some(atom.relation),
        Literal::Assign { .. }
        | Literal::Test { .. }
        | Literal::Range(_)
        | Literal::Clock { .. } => None,
    })
}

impl<'a> Clauses<'a> {
    pub(super) fn of(program: &'a Program) -> Clauses<'a> {
        let mut by_head: FxHashMap<RelationId, Vec<&Rule>> = FxHashMap::default();
        for rule in &program.rules {
            by_head.entry(rule.head.relation).or_default().push(rule);
        }
        let rules = Rules { program, by_head };
        let mut goals: Vec<GoalClauses<'a>> =
            program.goals.iter().map(|goal| rules.goal(goal)).collect();
        for (place, goal) in program.goals.iter().enumerate() {
            rules.demands(place, goal, &mut goals);
        }
        goals.iter_mut().for_each(|goal| goal.needs.sort_by_key(|need| need.place));
        Clauses { program, goals }
    }

    /// The needs of all goals that ask for this one, with the places of those goals.
    pub(super) fn demands(&self, goal: usize) -> impl Iterator<Item = (usize, &Need)> {
        let all = self.goals.iter().enumerate();
        let all = all.flat_map(|(above, goal)| goal.needs.iter().map(move |need| (above, need)));
        all.filter(move |(_, need)| need.goal == goal)
    }
}

struct Rules<'a> {
    program: &'a Program,
    by_head: FxHashMap<RelationId, Vec<&'a Rule>>,
}

impl<'a> Rules<'a> {
    fn find(&self, goal: &Goal, state: &str) -> Option<RelationId> {
        let name = format!("{}.{state}", goal.name);
        self.program.schema.find(&name).map(|relation| relation.id)
    }

    fn known(&self, goal: &Goal, state: &str) -> RelationId {
        self.find(goal, state).unwrap_or_else(|| panic!("goal {} has no {state}", goal.name))
    }

    fn of(&self, goal: &Goal, state: &str) -> &[&'a Rule] {
        let rules = self.find(goal, state).and_then(|relation| self.by_head.get(&relation));
        rules.map_or(&[], Vec::as_slice)
    }

    fn goal(&self, goal: &'a Goal) -> GoalClauses<'a> {
        let own = self.program.schema.find(&goal.name).expect("a goal has its own relation").id;
        let expected = self.of(goal, "expected");
        let given = given(expected, own);
        let mut ok = self.of(goal, "ok");
        let is_milestone = self.is_milestone(goal, ok);
        if is_milestone {
            ok = &ok[..ok.len() - 1];
        }
        let attempts = if goal.action.is_some() { 2 } else { 0 };
        let named = |keyword: &str, rules: &[&'a Rule], from: usize| -> Vec<Clause<'a>> {
            let rules = rules.iter().filter(|rule| !is_never(rule));
            rules.map(|rule| self.clause(keyword, rule, from)).collect()
        };
        let running = self.of(goal, "running");
        let gone = self.of(goal, "gone_because");
        GoalClauses {
            goal,
            own,
            attempt: self.known(goal, "attempt"),
            waiver: self.known(goal, "waiver"),
            state: self.known(goal, "state"),
            expect: named("expect", &expected[..given], 0),
            ok: ok
                .iter()
                .map(|rule| self.clause("ok", rule, self.told_which(goal, rule)))
                .collect(),
            is_milestone,
            needs: Vec::new(),
            working: named("working", running.get(attempts..).unwrap_or(&[]), 1),
            gone: named("gone", gone.get(1..).unwrap_or(&[]), 1),
            hold: named("hold", self.of(goal, "held_because"), 1),
            due: self.of(goal, "late").iter().filter_map(|rule| due(rule)).collect(),
        }
    }

    /// How many literals only tell an `ok` clause which instances there are.
    fn told_which(&self, goal: &Goal, rule: &Rule) -> usize {
        let [asked, expected] = ["asked", "expected"].map(|state| self.find(goal, state));
        match rule.body.first() {
            Some(Literal::Atom(atom)) if !atom.negated => {
                usize::from([asked, expected].contains(&Some(atom.relation)))
            }
            _ => 0,
        }
    }

    /// `g.ok(p) :- g.asked(p), not g.open(p).`
    fn is_milestone(&self, goal: &Goal, ok: &[&Rule]) -> bool {
        let (asked, open) = (self.find(goal, "asked"), self.find(goal, "open"));
        let Some([Literal::Atom(first), Literal::Atom(second)]) =
            ok.last().map(|rule| rule.body.as_slice())
        else {
            return false;
        };
        second.negated && asked == Some(first.relation) && open == Some(second.relation)
    }

    fn clause(&self, keyword: &str, rule: &'a Rule, from: usize) -> Clause<'a> {
        let notation = Notation { program: self.program, rule, values: None };
        let body = &rule.body[from..];
        let mut text = keyword.to_string();
        if let Some(reason) = reason(rule) {
            text = format!("{text} {reason}");
        }
        if !body.is_empty() {
            text = format!("{text} :- {}", notation.body(body));
        }
        Clause { text, rule, from }
    }

    /// Gives each `needs` clause that asks for a goal to the goal whose it is.
    fn demands(&self, place: usize, goal: &Goal, goals: &mut [GoalClauses<'a>]) {
        let own = goals[place].own;
        let expected = self.of(goal, "expected");
        let mut demands = expected.iter().skip(given(expected, own) + 1);
        for above in goals {
            let texts = above.goal.needs.iter().enumerate();
            for (at, need) in texts.filter(|(_, need)| need.goal == goal.name) {
                let rule = demands.next().expect("each need demands what it needs");
                let (rule, text) = (with_state(rule, above.state), need.text.clone());
                above.needs.push(Need { place: at, text, goal: place, rule });
            }
        }
    }
}

/// The place of `g.expected(p) :- g(p)`: `expect` clauses come before it, needs after it.
fn given(expected: &[&Rule], own: RelationId) -> usize {
    let is_given = |rule: &&Rule| match rule.body.as_slice() {
        [Literal::Atom(atom)] => atom.relation == own && !atom.negated,
        _ => false,
    };
    expected.iter().rposition(is_given).expect("facts can ask for every goal")
}

/// Whether the rule stands for a state that no clause gives.
fn is_never(rule: &Rule) -> bool {
    let never = Expr::Constant(Value::Bool(false));
    matches!(rule.body.last(), Some(Literal::Test { condition, .. }) if *condition == never)
}

/// The reason that the clause of a rule gives.
fn reason(rule: &Rule) -> Option<&Value> {
    match rule.head.terms.last() {
        Some(HeadTerm::Value(Expr::Constant(value))) => Some(value),
        _ => None,
    }
}

/// `g.late(p) :- g.missing(p), body, now >= moment.` without its last literal; `None` for the
/// rule of a goal that cannot be late.
fn due(rule: &Rule) -> Option<Due> {
    let mut rule = rule.clone();
    match rule.body.pop() {
        Some(Literal::Clock { moment, .. }) => Some(Due { rule, moment }),
        _ => None,
    }
}

/// `h.expected(q) :- g.missing(p), body.` with `g.state(p, state)` in the first place.
fn with_state(rule: &Rule, state: RelationId) -> Rule {
    let mut rule = rule.clone();
    let variable = VariableId(u32::try_from(rule.variables.len()).expect("few variables"));
    let ty = Type::Text;
    rule.variables.push(Variable { name: "state".to_string(), ty });
    let Some(Literal::Atom(above)) = rule.body.first_mut() else {
        panic!("a need is demanded by what is missing, not by {:?}", rule.body.first());
    };
    above.relation = state;
    above.terms.push(Term::Variable(variable));
    rule
}
