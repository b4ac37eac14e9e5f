//! Goals in their own terms: their clauses, and what they say beside their rules. What is said
//! here is not said again of the rules that goals become.

use super::clause_rules::keyword;
use super::command::Known;
use super::expand::{BACKOFF_MAX, BACKOFF_MIN, RETRY, WITHIN};
use super::names::Names;
use super::options::{Options, Owner};
use super::relation_info::{reserved, unknown_type};
use super::states::{RESERVED, dotted, part_name};
use super::suggest::did_you_mean;
use super::{silence, task, walk};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{
    Action, Check, Column, Duration, Goal, Need, Pool, PoolUse, RelationId, Task, Type,
};
use crate::syntax::ast::{
    self, Clause, ClauseKind, ExprKind, File, Job, Literal, Name, StatementKind,
};
use crate::syntax::{print_call, print_expr, print_literal};

/// How often satisfied instances are looked at, where the check does not say.
const OK_EVERY: Duration = Duration::from_micros(3_600_000_000);
/// How many actions run at once in the pool of those that name none.
const DEFAULT_LIMIT: u32 = 16;

/// What a program says of its goals beside their rules.
pub(super) struct Goals {
    pub goals: Vec<Goal>,
    pub pools: Vec<Pool>,
}

pub(super) fn check(file: &File, names: &Names, diagnostics: &mut Vec<Diagnostic>) -> Goals {
    let pools = pools(file, diagnostics);
    let mut checker = Checker { names, pools: &pools, diagnostics, goal: "" };
    let mut goals = Vec::new();
    let mut seen: Vec<&Name> = Vec::new();
    for statement in &file.statements {
        let StatementKind::Goal(goal) = &statement.kind else { continue };
        if let Some(before) = seen.iter().find(|before| before.text == goal.name.text) {
            let text = format!("goal \"{}\" is declared twice", goal.name.text);
            let twice = Diagnostic::error(text, goal.name.span).with(before.span, "first here");
            checker.diagnostics.push(twice);
            continue;
        }
        seen.push(&goal.name);
        goals.push(checker.goal(goal, statement.doc.clone()));
    }
    Goals { goals, pools }
}

fn pools(file: &File, diagnostics: &mut Vec<Diagnostic>) -> Vec<Pool> {
    let mut pools: Vec<(Pool, Span)> = Vec::new();
    for statement in &file.statements {
        let StatementKind::Pool(pool) = &statement.kind else { continue };
        let name = &pool.name;
        let options = Options::read(Owner::Pool, &pool.options, diagnostics);
        if !options.has("limit") {
            let text = format!("pool \"{}\" has no \"limit\"", name.text);
            let hint = "Say how many actions may run in it at once: limit 4.";
            diagnostics.push(Diagnostic::error(text, name.span).hint(hint));
        }
        if let Some((_, before)) = pools.iter().find(|(pool, _)| pool.name == name.text) {
            let text = format!("pool \"{}\" is declared twice", name.text);
            diagnostics.push(Diagnostic::error(text, name.span).with(*before, "first here"));
            continue;
        }
        let limit = options.limit.unwrap_or(DEFAULT_LIMIT);
        let (rate, trip) = (options.rate, options.trip);
        pools.push((Pool { name: name.text.clone(), limit, rate, trip }, name.span));
    }
    let mut pools: Vec<Pool> = pools.into_iter().map(|(pool, _)| pool).collect();
    if pools.iter().all(|pool| pool.name != DEFAULT) {
        let name = DEFAULT.to_owned();
        pools.push(Pool { name, limit: DEFAULT_LIMIT, rate: None, trip: None });
    }
    pools
}

/// The pool of actions that name none.
const DEFAULT: &str = "default";

struct Checker<'a> {
    names: &'a Names,
    pools: &'a [Pool],
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The name of the goal at hand.
    goal: &'a str,
}

impl<'a> Checker<'a> {
    fn error(&mut self, text: String, span: Span, hint: &str) {
        self.diagnostics.push(Diagnostic::error(text, span).hint(hint));
    }

    fn goal(&mut self, goal: &'a ast::Goal, doc: Option<String>) -> Goal {
        self.goal = &goal.name.text;
        self.name(&goal.name);
        self.parameters(&goal.parameters);
        self.clauses(goal);
        let jobs = |wanted: &'static str| {
            goal.clauses.iter().find_map(move |clause| match &clause.kind {
                ClauseKind::Check(job) | ClauseKind::Action(job) if keyword(clause) == wanted => {
                    Some((job, clause.span))
                }
                _ => None,
            })
        };
        let check = jobs("check").and_then(|(job, span)| self.check(goal, job, span));
        let action = jobs("action").and_then(|(job, span)| self.action(goal, job, span));
        if check.is_some() {
            silence::warn(goal, self.names, self.diagnostics);
        }
        let parameters = goal.parameters.iter().map(|column| Column {
            name: column.name.text.clone(),
            ty: Type::from_name(&column.ty.text).unwrap_or(Type::Text),
        });
        let (name, needs) = (goal.name.text.clone(), needs(goal, self.names));
        Goal { name, parameters: parameters.collect(), needs, check, action, doc }
    }

    fn name(&mut self, name: &Name) {
        self.diagnostics.extend(reserved(&name.text, name.span));
        if name.text.contains('.') {
            let text = format!("a goal's name has no dot: \"{}\"", name.text);
            self.error(text, name.span, "Dots stand between a goal and its states.");
        }
    }

    fn parameters(&mut self, parameters: &[ast::Column]) {
        let mut seen: Vec<&Name> = Vec::new();
        for column in parameters {
            let name = &column.name;
            if RESERVED.contains(&&*name.text) {
                let text = format!("a goal's parameter cannot be called \"{}\"", name.text);
                self.error(text, name.span, "The goal's own relations have such a column.");
            }
            if let Some(before) = seen.iter().find(|before| before.text == name.text) {
                let text = format!("parameter \"{}\" is declared twice", name.text);
                let twice = Diagnostic::error(text, name.span).with(before.span, "first here");
                self.diagnostics.push(twice);
            }
            if Type::from_name(&column.ty.text).is_none() {
                self.diagnostics.push(unknown_type(column));
            }
            seen.push(name);
        }
    }

    fn clauses(&mut self, goal: &ast::Goal) {
        let mut once: Vec<(&str, Span)> = Vec::new();
        let mut has_ok = false;
        for clause in &goal.clauses {
            match &clause.kind {
                ClauseKind::Ok(_) | ClauseKind::OkNeeds => has_ok = true,
                ClauseKind::Needs { goal: needed, body } => self.needs(needed, body),
                ClauseKind::Check(_) | ClauseKind::Action(_) => self.once(clause, &mut once),
                ClauseKind::Expect(_)
                | ClauseKind::Working(_)
                | ClauseKind::Gone { .. }
                | ClauseKind::Hold { .. }
                | ClauseKind::Due { .. } => {}
            }
            let lacks_needs = needs(goal, self.names).is_empty() && self.names.is_whole();
            if matches!(clause.kind, ClauseKind::OkNeeds) && lacks_needs {
                let text = format!("goal \"{}\" is ok by its needs, but has none", self.goal);
                self.error(text, clause.span, "Add a \"needs\" clause.");
            }
        }
        if !has_ok && self.names.is_whole() {
            let text =
                format!("goal \"{}\" has no \"ok\" clause, so it can never be ok", self.goal);
            let hint = "Say what has to be there: `ok :- …`, or `ok needs` for a milestone.";
            self.error(text, goal.name.span, hint);
        }
    }

    fn once(&mut self, clause: &Clause, once: &mut Vec<(&'static str, Span)>) {
        let word = keyword(clause);
        if let Some((_, before)) = once.iter().find(|(before, _)| *before == word) {
            let text = format!("goal \"{}\" has two \"{word}\" clauses", self.goal);
            self.diagnostics.push(Diagnostic::error(text, clause.span).with(*before, "first here"));
        }
        once.push((word, clause.span));
    }

    fn needs(&mut self, needed: &ast::Call, body: &[Literal]) {
        let name = &needed.name;
        if !self.names.goals.contains_key(&*name.text) {
            self.diagnostics.extend(self.names.unknown_goal(name));
            return;
        }
        for argument in walk::arguments(needed) {
            if let ExprKind::Wildcard = walk::bare(argument).kind {
                let text = "a need names one instance, and \"_\" is none".to_owned();
                let hint = "For several, bind a variable in the clause's body.";
                self.error(text, argument.span, hint);
            }
        }
        let parameters = self.names.parameters(self.goal);
        let own = walk::arguments(needed);
        let same = own.len() == parameters.len()
            && own.iter().zip(&parameters).all(|(argument, parameter)| {
                matches!(&argument.kind, ExprKind::Variable(name) if name == parameter)
            });
        if *name.text == *self.goal && same && body.is_empty() {
            let text = format!("goal \"{}\" needs itself, and would wait for ever", self.goal);
            self.error(text, needed.span, "Need another instance, such as the day before.");
        }
    }

    fn check(&mut self, goal: &ast::Goal, job: &Job, span: Span) -> Option<Check> {
        let options = Options::read(Owner::Check, &job.options, self.diagnostics);
        let task = self.task(Owner::Check, goal, job, &options);
        if !options.has("every") {
            let text = "the check does not say how often it looks".to_owned();
            self.error(text, span, "Add `every` and a duration: every 5m.");
        }
        Some(Check {
            task: task?,
            every: options.every?,
            ok_every: (!options.ok_never).then_some(options.ok_every.unwrap_or(OK_EVERY)),
            batch: options.batch,
            timeout: options.timeout,
            pools: self.pools(Owner::Check, &options.pools),
            environment: options.env,
        })
    }

    fn action(&mut self, goal: &ast::Goal, job: &Job, span: Span) -> Option<Action> {
        let options = Options::read(Owner::Action, &job.options, self.diagnostics);
        let task = self.task(Owner::Action, goal, job, &options);
        if !options.has("within") {
            let text = "the action does not say how long it may take".to_owned();
            self.error(text, span, "Add `within` and a duration: within 4h.");
        }
        let mut pools = self.pools(Owner::Action, &options.pools);
        if pools.is_empty() {
            pools.push(PoolUse { pool: DEFAULT.to_owned(), part: None });
        }
        let (backoff_min, backoff_max) = options.backoff.unwrap_or((BACKOFF_MIN, BACKOFF_MAX));
        Some(Action {
            task: task?,
            within: options.within.unwrap_or(WITHIN),
            retry: options.retry.unwrap_or(RETRY),
            backoff_min,
            backoff_max,
            batch: options.batch,
            detached: options.detached,
            pools,
            priority: options.priority.and_then(|_| self.part("priority")),
            environment: options.env,
        })
    }

    fn task(
        &mut self,
        owner: Owner,
        goal: &ast::Goal,
        job: &Job,
        options: &Options,
    ) -> Option<Task> {
        let parameters = goal.parameters.iter();
        let names = parameters
            .map(|column| (&*column.name.text, Type::from_name(&column.ty.text)))
            .collect();
        let known = Known { names, unlike: format!("no parameter of goal \"{}\"", self.goal) };
        task::task(owner, &job.task, options, &known, self.diagnostics)
    }

    fn part(&self, state: &str) -> Option<RelationId> {
        self.names.find(&dotted(self.goal, state))
    }

    fn unknown_pool(&self, name: &Name) -> Diagnostic {
        let text = format!("there is no pool \"{}\"", name.text);
        let known = self.pools.iter().map(|pool| &*pool.name);
        let diagnostic = did_you_mean(Diagnostic::error(text, name.span), &name.text, known);
        match diagnostic.hints.is_empty() {
            true => diagnostic.hint(format!("Declare it: pool {} limit 4.", name.text)),
            false => diagnostic,
        }
    }

    fn pools(&mut self, owner: Owner, uses: &[(&Name, Option<&ast::Expr>)]) -> Vec<PoolUse> {
        let mut found = Vec::new();
        for (name, part) in uses {
            if self.pools.iter().all(|pool| pool.name != name.text) {
                let unknown = self.names.is_whole().then(|| self.unknown_pool(name));
                self.diagnostics.extend(unknown);
                continue;
            }
            if let (Owner::Check, Some(part)) = (owner, part) {
                let text = format!("a check takes part in \"{}\" as a whole", name.text);
                self.error(
                    text,
                    part.span,
                    "Parts of a pool, one for each value, are for actions.",
                );
                continue;
            }
            let part = part.and_then(|_| self.part(&part_name(&name.text)));
            found.push(PoolUse { pool: name.text.clone(), part });
        }
        found
    }
}

fn needs(goal: &ast::Goal, names: &Names) -> Vec<Need> {
    let clauses = goal.clauses.iter();
    clauses
        .filter_map(|clause| match &clause.kind {
            ClauseKind::Needs { goal: needed, body } => Some(need(needed, body, names)),
            _ => None,
        })
        .collect()
}

fn need(needed: &ast::Call, body: &[Literal], names: &Names) -> Need {
    let body: Vec<String> = body.iter().map(print_literal).collect();
    let text = match body.as_slice() {
        [] => print_call(needed),
        literals => format!("{} :- {}", print_call(needed), literals.join(", ")),
    };
    let arguments = match &needed.arguments {
        ast::Arguments::Positional(terms) => terms.iter().map(print_expr).collect(),
        ast::Arguments::Named(terms) => {
            let parameters = names.parameters(&needed.name.text).into_iter();
            let term = |name: &str| terms.iter().find(|(given, _)| given.text == name);
            parameters.filter_map(term).map(|(_, term)| print_expr(term)).collect()
        }
    };
    Need { goal: needed.name.text.clone(), text, arguments, body }
}
