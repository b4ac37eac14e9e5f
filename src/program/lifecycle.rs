//! The rules of one goal's states: the table of section 6 of the language, word for word.
//! Generated variables have names that goal parameters may not have, and never stand in a
//! rule with a user's body, so that nothing is captured.

use std::collections::HashSet;
use std::rc::Rc;

use super::build::Builder;
use super::expand::{Goals, NeedClause, Origin, Timing, action, is_milestone};
use super::walk;
use crate::model::Duration;
use crate::syntax::ast::{
    BinaryOperator, Call, Clause, ClauseKind, Column, Constant, DeclarationKind, DurationLiteral,
    Expr, Goal, JobOptionKind, Literal, Statement,
};

/// Names that goal parameters may not have: those of the columns beside them.
pub(super) const RESERVED: [&str; 9] =
    ["state", "number", "started", "ended", "outcome", "message", "until", "reason", "who"];

/// A goal's relations after its own name, and their columns beside the goal's parameters.
pub(super) const RELATIONS: [(&str, &[(&str, &str)]); 22] = [
    ("attempt", ATTEMPT),
    ("waiver", &[("until", "time"), ("reason", "text"), ("who", "text")]),
    ("expected", &[]),
    ("ok", &[]),
    ("accepted", &[]),
    ("settled", &[]),
    ("waived", &[]),
    ("missing", &[]),
    ("blocked", &[]),
    ("running", &[]),
    ("working", &[]),
    ("gone_because", &[("reason", "text")]),
    ("gone", &[]),
    ("failed", &[("number", "int"), ("ended", "time")]),
    ("stuck", &[]),
    ("resting", &[]),
    ("held_because", &[("reason", "text")]),
    ("held", &[]),
    ("ready", &[]),
    ("waiting", &[]),
    ("late", &[]),
    ("state", &[("state", "text")]),
];

const ATTEMPT: &[(&str, &str)] = &[
    ("number", "int"),
    ("started", "time"),
    ("ended", "time"),
    ("outcome", "text"),
    ("message", "text"),
];

/// Collects one goal's statements.
pub(super) struct Lifecycle<'a> {
    goal: &'a Goal,
    goals: &'a Goals<'a>,
    mentioned: &'a HashSet<&'a str>,
    name: Rc<str>,
    at: Builder,
    made: Vec<(Statement, Origin)>,
    /// The states that have at least one rule.
    defined: HashSet<String>,
}

impl<'a> Lifecycle<'a> {
    pub fn new(goal: &'a Goal, goals: &'a Goals<'a>, mentioned: &'a HashSet<&'a str>) -> Self {
        Lifecycle {
            goal,
            goals,
            mentioned,
            name: Rc::from(goal.name.text.as_str()),
            at: Builder { span: goal.name.span },
            made: Vec::new(),
            defined: HashSet::new(),
        }
    }

    /// `input g(p)`, `observe g.attempt(p, …)`, `input g.waiver(p, …)`.
    pub fn declare(&mut self, doc: Option<String>) {
        let columns = self.goal.parameters.clone();
        let mut own = self.at.declaration(DeclarationKind::Input, &self.name, columns, None);
        own.doc = doc;
        self.push(own);
        for (state, kind) in
            [("attempt", DeclarationKind::Observe), ("waiver", DeclarationKind::Input)]
        {
            let (_, more) =
                RELATIONS.iter().find(|(name, _)| *name == state).expect("in the table");
            let more = more.iter().map(|(name, ty)| self.at.column(name, ty));
            let columns: Vec<Column> = self.goal.parameters.iter().cloned().chain(more).collect();
            let key = self.goal.parameters.iter().map(|column| column.name.clone()).collect();
            let name = self.dotted(state);
            self.push(self.at.declaration(kind, &name, columns, Some(key)));
        }
    }

    /// All rules, in the order in which one would explain them.
    pub fn finish(mut self) -> Vec<(Statement, Origin)> {
        self.wanted();
        self.asked();
        self.satisfied();
        self.blocked();
        self.running();
        self.gone();
        self.failed();
        self.resting();
        self.held();
        self.ready();
        self.late();
        self.state();
        self.parts();
        self.empty();
        self.made
    }

    fn wanted(&mut self) {
        for clause in &self.goal.clauses {
            if let ClauseKind::Expect(body) = &clause.kind {
                self.clause_rule(clause, "expected", Vec::new(), body);
            }
        }
        let given = self.holds_own();
        self.rule("expected", vec![given]);
        for need in self.goals.demands(&self.name) {
            self.demand(need, "expected", "missing");
        }
    }

    fn asked(&mut self) {
        if !self.goals.asked.contains(&*self.name) {
            return;
        }
        for clause in &self.goal.clauses {
            if let ClauseKind::Expect(body) = &clause.kind {
                self.clause_rule(clause, "asked", Vec::new(), body);
            }
        }
        let given = self.holds_own();
        self.rule("asked", vec![given]);
        for need in self.goals.demands(&self.name) {
            if self.goals.asked.contains(need.goal.name.text.as_str()) {
                self.demand(need, "asked", "asked");
            }
        }
    }

    fn satisfied(&mut self) {
        for clause in &self.goal.clauses {
            if let ClauseKind::Ok(body) = &clause.kind {
                let bound = walk::bound_variables(body);
                let unbound = self.goal.parameters.iter().any(|p| !bound.contains(&*p.name.text));
                let first = if unbound { vec!["expected"] } else { Vec::new() };
                self.clause_rule(clause, "ok", first, body);
            }
        }
        if is_milestone(self.goal) {
            for need in self.goals.needs(self.goal) {
                let settled = dotted(&need.needed.name.text, "settled");
                let made = Builder { span: need.clause.span };
                let settled = Call { name: made.name(&settled), ..need.needed.clone() };
                self.through(need, "open", "asked", made.fails(settled));
            }
            let (asked, open) = (self.holds("asked"), self.fails("open"));
            let open = self.defined.contains("open").then_some(open);
            self.rule("ok", [asked].into_iter().chain(open).collect());
        }
        let (until, now) = ("until", self.at);
        let waiver = self.with("waiver", vec![now.variable(until), now.wildcard(), now.wildcard()]);
        let in_force = now.clock(BinaryOperator::Less, now.variable(until));
        self.rule("accepted", vec![now.holds(waiver), in_force]);
        self.rule("settled", vec![self.holds("ok")]);
        self.rule("settled", vec![self.holds("accepted")]);
        self.rule("waived", vec![self.holds("expected"), self.fails("ok"), self.holds("accepted")]);
        self.rule("missing", vec![self.holds("expected"), self.fails("settled")]);
    }

    fn blocked(&mut self) {
        for need in self.goals.needs(self.goal) {
            self.below(need, "blocked", "missing");
        }
    }

    fn running(&mut self) {
        if let Some((clause, job)) = action(self.goal) {
            let made = Builder { span: clause.span };
            let within = made.duration(Timing::of(job).within);
            for outcome in ["running", "succeeded"] {
                let attempt = self.attempt([None, Some("started"), None], outcome);
                let end =
                    made.binary(BinaryOperator::Add, made.variable("started"), within.clone());
                let in_time = made.clock(BinaryOperator::Less, end);
                self.rule("running", vec![self.holds("missing"), attempt, in_time]);
            }
        }
        for clause in &self.goal.clauses {
            if let ClauseKind::Working(body) = &clause.kind {
                self.clause_rule(clause, "running", vec!["missing"], body);
            }
        }
        if self.defined.contains("running") {
            self.rule("working", vec![self.holds("running")]);
        }
        for need in self.goals.needs(self.goal) {
            if self.goals.working.contains(need.needed.name.text.as_str()) {
                self.below(need, "working", "working");
            }
        }
    }

    fn gone(&mut self) {
        let at = self.at;
        let reason = at.variable("reason");
        let mut terms = vec![at.wildcard(), at.wildcard(), at.wildcard()];
        terms.extend([at.text("gone"), reason.clone()]);
        let said = at.holds(self.with("attempt", terms));
        let head = self.with("gone_because", vec![reason]);
        self.define("gone_because", head, vec![self.holds("missing"), said], None);
        for clause in &self.goal.clauses {
            if let ClauseKind::Gone { reason, body } = &clause.kind {
                let made = Builder { span: clause.span };
                let reason = Builder { span: reason.span }.text(&reason.value);
                let head = self.with_at(made, "gone_because", vec![reason]);
                let mut literals = vec![self.holds_at(made, "missing")];
                literals.extend(body.iter().cloned());
                self.define("gone_because", head, literals, Some(clause));
            }
        }
        let because = self.with("gone_because", vec![at.wildcard()]);
        self.rule("gone", vec![at.holds(because)]);
        for need in self.goals.needs(self.goal) {
            self.below(need, "gone", "gone");
        }
    }

    fn failed(&mut self) {
        if let Some((clause, job)) = action(self.goal) {
            self.failures(Builder { span: clause.span }, &Timing::of(job));
        }
        for need in self.goals.needs(self.goal) {
            if self.goals.sticking.contains(need.needed.name.text.as_str()) {
                let not_gone = self.fails_at(Builder { span: need.clause.span }, "gone");
                let mut stuck = self.state_of(need, "stuck");
                stuck.insert(0, not_gone);
                self.through_all(need, "stuck", "missing", stuck);
            }
        }
    }

    fn failures(&mut self, made: Builder, timing: &Timing) {
        let (number, ended) = (made.variable("number"), made.variable("ended"));
        let head = self.with("failed", vec![number.clone(), ended.clone()]);
        for outcome in ["failed", "unknown"] {
            let attempt = self.attempt([Some("number"), None, Some("ended")], outcome);
            self.define("failed", head.clone(), vec![attempt], None);
        }
        for outcome in ["running", "succeeded"] {
            let attempt = self.attempt([Some("number"), Some("started"), None], outcome);
            let within = made.duration(timing.within);
            let end = made.binary(BinaryOperator::Add, made.variable("started"), within);
            let end = made.test(BinaryOperator::Equal, ended.clone(), end);
            let past = made.clock(BinaryOperator::GreaterOrEqual, ended.clone());
            self.define("failed", head.clone(), vec![attempt, end, past], None);
        }
        let failed = made.holds(self.with("failed", vec![number.clone(), made.wildcard()]));
        let retry = made.constant(Constant::Int(i64::from(timing.retry)));
        let often = made.test(BinaryOperator::GreaterOrEqual, number.clone(), retry.clone());
        let (missing, not_gone) = (self.holds("missing"), self.fails("gone"));
        self.rule("stuck", vec![missing.clone(), not_gone.clone(), failed, often]);
        let mut terms = vec![number.clone()];
        terms.extend((0..4).map(|_| made.wildcard()));
        let attempt = made.holds(self.with("attempt", terms));
        let beyond = made.test(BinaryOperator::Greater, number, retry);
        self.rule("stuck", vec![missing, not_gone, attempt, beyond]);
    }

    fn resting(&mut self) {
        let Some((clause, job)) = action(self.goal) else { return };
        let made = Builder { span: clause.span };
        let pauses = Timing::of(job).pauses();
        let count = i64::try_from(pauses.len()).expect("doubling ends soon");
        for (number, pause) in (1..).zip(&pauses) {
            let terms = vec![made.constant(Constant::Int(number)), made.duration(*pause)];
            let head = made.call(&self.dotted("pause"), terms);
            self.define("pause", head, Vec::new(), None);
        }
        let wait = self.fresh("wait");
        let (number, ended) = (made.variable("number"), made.variable("ended"));
        let failed = self.with("failed", vec![number.clone(), ended.clone()]);
        let least = made.call("min", vec![number, made.constant(Constant::Int(count))]);
        let least = made.expr(crate::syntax::ast::ExprKind::Call(least));
        let pause = made.call(&self.dotted("pause"), vec![least, made.variable(&wait)]);
        let end = made.binary(BinaryOperator::Add, ended, made.variable(&wait));
        let in_time = made.clock(BinaryOperator::Less, end);
        let body = vec![self.holds("missing"), made.holds(failed), made.holds(pause), in_time];
        self.rule("resting", body);
    }

    fn held(&mut self) {
        for clause in &self.goal.clauses {
            if let ClauseKind::Hold { reason, body } = &clause.kind {
                let made = Builder { span: clause.span };
                let reason = Builder { span: reason.span }.text(&reason.value);
                let head = self.with_at(made, "held_because", vec![reason]);
                let mut literals = vec![self.holds_at(made, "missing")];
                literals.extend(body.iter().cloned());
                self.define("held_because", head, literals, Some(clause));
            }
        }
        if self.defined.contains("held_because") {
            let because = self.with("held_because", vec![self.at.wildcard()]);
            self.rule("held", vec![self.at.holds(because)]);
        }
    }

    fn ready(&mut self) {
        if action(self.goal).is_some() {
            self.none_of("ready", "missing", &["blocked", "gone", "running", "resting", "held"]);
        }
        self.none_of("waiting", "missing", &["gone", "stuck", "working", "ready"]);
    }

    fn late(&mut self) {
        for clause in &self.goal.clauses {
            if let ClauseKind::Due { moment, body } = &clause.kind {
                let made = Builder { span: clause.span };
                let head = self.with_at(made, "late", Vec::new());
                let mut literals = vec![self.holds_at(made, "missing")];
                literals.extend(body.iter().cloned());
                literals.push(
                    Builder { span: moment.span }
                        .clock(BinaryOperator::GreaterOrEqual, moment.clone()),
                );
                self.define("late", head, literals, Some(clause));
            }
        }
    }

    fn state(&mut self) {
        let states: [(&str, &[&str], &[&str]); 7] = [
            ("ok", &["expected", "ok"], &[]),
            ("waived", &["waived"], &[]),
            ("gone", &["gone"], &[]),
            ("stuck", &["stuck"], &[]),
            ("working", &["working"], &["gone", "stuck"]),
            ("ready", &["ready"], &["stuck"]),
            ("waiting", &["waiting"], &[]),
        ];
        for (state, holding, failing) in states {
            if holding.last().is_some_and(|last| !self.defined.contains(*last)) {
                continue;
            }
            let failing = failing.iter().filter(|name| self.defined.contains(**name));
            let mut body: Vec<Literal> = holding.iter().map(|name| self.holds(name)).collect();
            body.extend(failing.map(|name| self.fails(name)));
            let variable = self.at.variable("state");
            body.push(self.at.test(BinaryOperator::Equal, variable.clone(), self.at.text(state)));
            let head = self.with("state", vec![variable]);
            self.define("state", head, body, None);
        }
    }

    /// `priority e` and `pool p(e)`: a value for each missing instance.
    fn parts(&mut self) {
        let Some((clause, job)) = action(self.goal) else { return };
        let mut made_parts = HashSet::new();
        for option in &job.options {
            let (state, value) = match &option.kind {
                JobOptionKind::Priority(value) => ("priority".to_owned(), value),
                JobOptionKind::Pool { name, part: Some(value) } => (part_name(&name.text), value),
                _ => continue,
            };
            if made_parts.insert(state.clone()) {
                let head = self.with_at(Builder { span: option.span }, &state, vec![value.clone()]);
                let missing = self.holds_at(Builder { span: option.span }, "missing");
                self.define(&state, head, vec![missing], Some(clause));
            }
        }
    }

    /// States that no rule gives, where somebody asks for them.
    fn empty(&mut self) {
        for (state, more) in RELATIONS {
            let (at, name) = (self.at, self.dotted(state));
            let written = matches!(state, "attempt" | "waiver");
            if written || self.defined.contains(state) || !self.mentioned.contains(&*name) {
                continue;
            }
            let body = match state {
                "failed" => self.attempt_columns(&["number", "ended"]),
                "held_because" => self.attempt_columns(&["message"]),
                "missing" | "expected" => self.holds_own(),
                _ => self.holds("missing"),
            };
            let terms = match state {
                "failed" => vec![at.variable("number"), at.variable("ended")],
                "held_because" => vec![at.variable("message")],
                _ => more.iter().map(|_| at.constant(Constant::Int(0))).collect(),
            };
            let head = self.with(state, terms);
            self.define(state, head, vec![body, at.never()], None);
        }
    }
}

/// Rules out of clauses.
impl<'a> Lifecycle<'a> {
    /// `g.state(p) :- g.first(p)…, body.`
    fn clause_rule(&mut self, clause: &'a Clause, state: &str, first: Vec<&str>, body: &[Literal]) {
        let made = Builder { span: clause.span };
        let head = self.with_at(made, state, Vec::new());
        let mut literals: Vec<Literal> =
            first.into_iter().map(|name| self.holds_at(made, name)).collect();
        literals.extend(body.iter().cloned());
        self.define(state, head, literals, Some(clause));
    }

    /// `h.state(q) :- g.above(p), body.` for a clause of any goal that needs this one.
    fn demand(&mut self, need: NeedClause<'a>, state: &str, above: &str) {
        let made = Builder { span: need.clause.span };
        let head = Call {
            name: Builder { span: need.needed.name.span }.name(&self.dotted(state)),
            ..need.needed.clone()
        };
        let mut used = walk::body_variables(need.body);
        walk::call_expressions(need.needed, &mut |part| used.extend(walk::variables_of(part)));
        let terms = parameters(made, need.goal, |name| used.contains(name));
        let above = made.holds(made.call(&dotted(&need.goal.name.text, above), terms));
        let mut body = vec![above];
        body.extend(need.body.iter().cloned());
        let keyword = "needs";
        let goal = Rc::from(need.goal.name.text.as_str());
        self.made.push((made.rule(head, body), Origin::Clause { goal, keyword }));
        self.defined.insert(state.to_owned());
    }

    /// `g.state(p) :- g.missing(p), body, h.lower(q).`
    fn below(&mut self, need: NeedClause<'a>, state: &str, lower: &str) {
        let lower = self.state_of(need, lower);
        self.through_all(need, state, "missing", lower);
    }

    fn state_of(&self, need: NeedClause<'a>, state: &str) -> Vec<Literal> {
        let name = dotted(&need.needed.name.text, state);
        let name = Builder { span: need.needed.name.span }.name(&name);
        vec![Builder { span: need.clause.span }.holds(Call { name, ..need.needed.clone() })]
    }

    fn through(&mut self, need: NeedClause<'a>, state: &str, first: &str, last: Literal) {
        self.through_all(need, state, first, vec![last]);
    }

    /// `g.state(p) :- g.first(p), body, last….`
    fn through_all(&mut self, need: NeedClause<'a>, state: &str, first: &str, last: Vec<Literal>) {
        let made = Builder { span: need.clause.span };
        let head = self.with_at(made, state, Vec::new());
        let mut body = vec![self.holds_at(made, first)];
        body.extend(need.body.iter().cloned());
        body.extend(last);
        self.define(state, head, body, Some(need.clause));
    }

    fn define(&mut self, state: &str, head: Call, body: Vec<Literal>, clause: Option<&Clause>) {
        let goal = self.name.clone();
        let (span, origin) = match clause {
            None => (head.span, Origin::Meaning { goal }),
            Some(clause) => (clause.span, Origin::Clause { goal, keyword: keyword(clause) }),
        };
        self.made.push((Builder { span }.rule(head, body), origin));
        self.defined.insert(state.to_owned());
    }

    fn rule(&mut self, state: &str, body: Vec<Literal>) {
        let head = self.with(state, Vec::new());
        self.define(state, head, body, None);
    }

    /// `g.state(p) :- g.holding(p), not g.failing(p)….` for the states that have rules.
    fn none_of(&mut self, state: &str, holding: &str, failing: &[&str]) {
        let failing = failing.iter().filter(|name| self.defined.contains(**name));
        let failing: Vec<Literal> = failing.map(|name| self.fails(name)).collect();
        self.rule(state, [self.holds(holding)].into_iter().chain(failing).collect());
    }
}

/// Atoms over the goal's own relations.
impl Lifecycle<'_> {
    fn push(&mut self, statement: Statement) {
        self.made.push((statement, Origin::Meaning { goal: self.name.clone() }));
    }

    fn dotted(&self, state: &str) -> String {
        dotted(&self.name, state)
    }

    fn with_at(&self, made: Builder, state: &str, more: Vec<Expr>) -> Call {
        let mut terms = parameters(made, self.goal, |_| true);
        terms.extend(more);
        made.call(&self.dotted(state), terms)
    }

    fn with(&self, state: &str, more: Vec<Expr>) -> Call {
        self.with_at(self.at, state, more)
    }

    fn holds_at(&self, made: Builder, state: &str) -> Literal {
        made.holds(self.with_at(made, state, Vec::new()))
    }

    fn fails_at(&self, made: Builder, state: &str) -> Literal {
        made.fails(self.with_at(made, state, Vec::new()))
    }

    fn holds(&self, state: &str) -> Literal {
        self.holds_at(self.at, state)
    }

    fn fails(&self, state: &str) -> Literal {
        self.fails_at(self.at, state)
    }

    fn holds_own(&self) -> Literal {
        self.at.holds(self.at.call(&self.name, parameters(self.at, self.goal, |_| true)))
    }

    /// `g.attempt(p, number, started, ended, "outcome", _)`, wild where there is no name.
    fn attempt(&self, columns: [Option<&str>; 3], outcome: &str) -> Literal {
        let at = self.at;
        let named = columns.into_iter();
        let mut terms: Vec<Expr> =
            named.map(|name| name.map_or(at.wildcard(), |name| at.variable(name))).collect();
        terms.extend([at.text(outcome), at.wildcard()]);
        at.holds(self.with("attempt", terms))
    }

    fn attempt_columns(&self, wanted: &[&str]) -> Literal {
        let at = self.at;
        let columns = ATTEMPT.iter().map(|(name, _)| match wanted.contains(name) {
            true => at.variable(name),
            false => at.wildcard(),
        });
        at.holds(self.with("attempt", columns.collect()))
    }

    /// A variable's name that is no parameter's.
    fn fresh(&self, name: &str) -> String {
        let taken = |name: &str| self.goal.parameters.iter().any(|p| p.name.text == name);
        let mut fresh = name.to_owned();
        while taken(&fresh) {
            fresh.push('_');
        }
        fresh
    }
}

impl Builder {
    fn duration(self, duration: Duration) -> Expr {
        let literal = DurationLiteral { months: 0, days: 0, micros: duration.micros() };
        self.constant(Constant::Duration(literal))
    }
}

/// What a goal calls the relation of one of its pools' parts.
pub(super) fn part_name(pool: &str) -> String {
    format!("pool_{pool}")
}

pub(super) fn dotted(goal: &str, state: &str) -> String {
    format!("{goal}.{state}")
}

fn parameters(made: Builder, goal: &Goal, used: impl Fn(&str) -> bool) -> Vec<Expr> {
    let names = goal.parameters.iter().map(|column| column.name.text.as_str());
    names.map(|name| if used(name) { made.variable(name) } else { made.wildcard() }).collect()
}

/// The word that a clause begins with.
pub(super) fn keyword(clause: &Clause) -> &'static str {
    match &clause.kind {
        ClauseKind::Expect(_) => "expect",
        ClauseKind::Ok(_) => "ok",
        ClauseKind::OkNeeds => "ok needs",
        ClauseKind::Needs { .. } => "needs",
        ClauseKind::Working(_) => "working",
        ClauseKind::Gone { .. } => "gone",
        ClauseKind::Hold { .. } => "hold",
        ClauseKind::Due { .. } => "due",
        ClauseKind::Check(_) => "check",
        ClauseKind::Action(_) => "action",
    }
}
