//! How the rules of a goal's states are put together: from its clauses, and from atoms over its
//! own relations.

use std::rc::Rc;

use super::build::Builder;
use super::expand::{NeedClause, Origin};
use super::lifecycle::Lifecycle;
use super::states::{ATTEMPT, dotted};
use super::walk;
use crate::model::Duration;
use crate::syntax::ast::{
    Call, Clause, ClauseKind, Constant, DurationLiteral, Expr, Goal, Literal, Statement,
};

/// Rules out of clauses.
impl<'a> Lifecycle<'a> {
    /// `g.state(p) :- g.first(p)…, body.`
    pub(super) fn clause_rule(
        &mut self,
        clause: &'a Clause,
        state: &str,
        first: Vec<&str>,
        body: &[Literal],
    ) {
        let made = Builder { span: clause.span };
        let head = self.with_at(made, state, Vec::new());
        let mut literals: Vec<Literal> =
            first.into_iter().map(|name| self.holds_at(made, name)).collect();
        literals.extend(body.iter().cloned());
        self.define(state, head, literals, Some(clause));
    }

    /// `h.state(q) :- g.above(p), body.` for a clause of any goal that needs this one.
    pub(super) fn demand(&mut self, need: NeedClause<'a>, state: &str, above: &str) {
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
    pub(super) fn below(&mut self, need: NeedClause<'a>, state: &str, lower: &str) {
        let lower = self.state_of(need, lower);
        self.through_all(need, state, "missing", lower);
    }

    pub(super) fn state_of(&self, need: NeedClause<'a>, state: &str) -> Vec<Literal> {
        let name = dotted(&need.needed.name.text, state);
        let name = Builder { span: need.needed.name.span }.name(&name);
        vec![Builder { span: need.clause.span }.holds(Call { name, ..need.needed.clone() })]
    }

    pub(super) fn through(
        &mut self,
        need: NeedClause<'a>,
        state: &str,
        first: &str,
        last: Literal,
    ) {
        self.through_all(need, state, first, vec![last]);
    }

    /// `g.state(p) :- g.first(p), body, last….`
    pub(super) fn through_all(
        &mut self,
        need: NeedClause<'a>,
        state: &str,
        first: &str,
        last: Vec<Literal>,
    ) {
        let made = Builder { span: need.clause.span };
        let head = self.with_at(made, state, Vec::new());
        let mut body = vec![self.holds_at(made, first)];
        body.extend(need.body.iter().cloned());
        body.extend(last);
        self.define(state, head, body, Some(need.clause));
    }

    pub(super) fn define(
        &mut self,
        state: &str,
        head: Call,
        body: Vec<Literal>,
        clause: Option<&Clause>,
    ) {
        let goal = self.name.clone();
        let (span, origin) = match clause {
            None => (head.span, Origin::Meaning { goal }),
            Some(clause) => (clause.span, Origin::Clause { goal, keyword: keyword(clause) }),
        };
        self.made.push((Builder { span }.rule(head, body), origin));
        self.defined.insert(state.to_owned());
    }

    pub(super) fn rule(&mut self, state: &str, body: Vec<Literal>) {
        let head = self.with(state, Vec::new());
        self.define(state, head, body, None);
    }

    /// `g.state(p) :- g.holding(p), not g.failing(p)….` for the states that have rules.
    pub(super) fn none_of(&mut self, state: &str, holding: &str, failing: &[&str]) {
        let failing = failing.iter().filter(|name| self.defined.contains(**name));
        let failing: Vec<Literal> = failing.map(|name| self.fails(name)).collect();
        self.rule(state, [self.holds(holding)].into_iter().chain(failing).collect());
    }
}

/// Atoms over the goal's own relations.
impl Lifecycle<'_> {
    pub(super) fn push(&mut self, statement: Statement) {
        self.made.push((statement, Origin::Meaning { goal: self.name.clone() }));
    }

    pub(super) fn dotted(&self, state: &str) -> String {
        dotted(&self.name, state)
    }

    pub(super) fn with_at(&self, made: Builder, state: &str, more: Vec<Expr>) -> Call {
        let mut terms = parameters(made, self.goal, |_| true);
        terms.extend(more);
        made.call(&self.dotted(state), terms)
    }

    pub(super) fn with(&self, state: &str, more: Vec<Expr>) -> Call {
        self.with_at(self.at, state, more)
    }

    pub(super) fn holds_at(&self, made: Builder, state: &str) -> Literal {
        made.holds(self.with_at(made, state, Vec::new()))
    }

    pub(super) fn fails_at(&self, made: Builder, state: &str) -> Literal {
        made.fails(self.with_at(made, state, Vec::new()))
    }

    pub(super) fn holds(&self, state: &str) -> Literal {
        self.holds_at(self.at, state)
    }

    pub(super) fn fails(&self, state: &str) -> Literal {
        self.fails_at(self.at, state)
    }

    pub(super) fn holds_own(&self) -> Literal {
        self.at.holds(self.at.call(&self.name, parameters(self.at, self.goal, |_| true)))
    }

    /// `g.attempt(p, number, started, ended, "outcome", _)`, wild where there is no name.
    pub(super) fn attempt(&self, columns: [Option<&str>; 3], outcome: &str) -> Literal {
        let at = self.at;
        let named = columns.into_iter();
        let mut terms: Vec<Expr> =
            named.map(|name| name.map_or(at.wildcard(), |name| at.variable(name))).collect();
        terms.extend([at.text(outcome), at.wildcard()]);
        at.holds(self.with("attempt", terms))
    }

    pub(super) fn attempt_columns(&self, wanted: &[&str]) -> Literal {
        let at = self.at;
        let columns = ATTEMPT.iter().map(|(name, _)| match wanted.contains(name) {
            true => at.variable(name),
            false => at.wildcard(),
        });
        at.holds(self.with("attempt", columns.collect()))
    }

    /// A variable's name that is no parameter's.
    pub(super) fn fresh(&self, name: &str) -> String {
        let taken = |name: &str| self.goal.parameters.iter().any(|p| p.name.text == name);
        let mut fresh = name.to_owned();
        while taken(&fresh) {
            fresh.push('_');
        }
        fresh
    }
}

impl Builder {
    pub(super) fn duration(self, duration: Duration) -> Expr {
        let literal = DurationLiteral { months: 0, days: 0, micros: duration.micros() };
        self.constant(Constant::Duration(literal))
    }
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
