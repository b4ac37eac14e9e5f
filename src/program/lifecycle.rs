//! The rules of one goal's states: the table of section 6 of the language, word for word.
//! Generated variables have names that goal parameters may not have, and never stand in a
//! rule with a user's body, so that nothing is captured.

use std::collections::HashSet;
use std::rc::Rc;

use super::build::Builder;
use super::expand::{Goals, Origin, Timing, action, is_milestone, leaves_open};
use super::states::{RELATIONS, dotted, part_name};
use crate::syntax::ast::{
    BinaryOperator, Call, ClauseKind, Column, Constant, DeclarationKind, Goal, JobOptionKind,
    Literal, Statement,
};

/// Collects one goal's statements.
pub(super) struct Lifecycle<'a> {
    pub(super) goal: &'a Goal,
    pub(super) goals: &'a Goals<'a>,
    pub(super) mentioned: &'a HashSet<&'a str>,
    pub(super) name: Rc<str>,
    pub(super) at: Builder,
    pub(super) made: Vec<(Statement, Origin)>,
    /// The states that have at least one rule.
    pub(super) defined: HashSet<String>,
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
                // What a milestone needs may not lean on what is expected: that depends on the
                // milestone's being missing.
                let wanted = match self.goals.below_milestones.contains(&*self.name) {
                    true => "asked",
                    false => "expected",
                };
                let first = if leaves_open(self.goal, body) { vec![wanted] } else { Vec::new() };
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
        let Some((_, job)) = action(self.goal) else { return };
        let mut made_parts = HashSet::new();
        for option in &job.options {
            let (keyword, state, value) = match &option.kind {
                JobOptionKind::Priority(value) => ("priority", "priority".to_owned(), value),
                JobOptionKind::Pool { name, part: Some(value) } => {
                    ("pool", part_name(&name.text), value)
                }
                _ => continue,
            };
            if made_parts.insert(state.clone()) {
                let made = Builder { span: option.span };
                let head = self.with_at(made, &state, vec![value.clone()]);
                let missing = self.holds_at(made, "missing");
                let goal = self.name.clone();
                let rule = made.rule(head, vec![missing]);
                self.made.push((rule, Origin::Clause { goal, keyword }));
                self.defined.insert(state);
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
