//! What a rules file says, word for word: names are not resolved, goals not expanded, options
//! not validated. Every node knows where it stands, and the printer writes it back.

use crate::diagnostic::Span;
use crate::model::{Date, Timestamp};

/// One file's statements in order.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub struct Statement {
    /// The `///` lines above, without their slashes and one leading space, joined by `\n`.
    pub doc: Option<String>,
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum StatementKind {
    Include(Text),
    Timezone(Text),
    Declaration(Declaration),
    /// A rule, or a fact where the body is empty.
    Rule(Rule),
    Goal(Goal),
    Pool(Pool),
}

/// A name where it stands; dotted names (`goal.relation`) are one name.
#[derive(Clone, Debug)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// A text literal, its escapes resolved.
#[derive(Clone, Debug)]
pub struct Text {
    pub value: String,
    pub span: Span,
}

/// `input r(…)`, `observe r(…)`, `output r(…)`.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub kind: DeclarationKind,
    pub name: Name,
    pub columns: Vec<Column>,
    /// `key (…)`, with the span of the whole clause.
    pub key: Option<Key>,
    pub source: Option<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclarationKind {
    Input,
    Observe,
    Output,
}

#[derive(Clone, Debug)]
pub struct Key {
    pub columns: Vec<Name>,
    pub span: Span,
}

/// `name: type`.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: Name,
    pub ty: Name,
}

/// `from csv "path" every 5m, shrink 20%`: the kind of source, its texts and its options.
#[derive(Clone, Debug)]
pub struct Source {
    /// `csv`, `jsonl`, `parquet`, `files`, `sql`, `exec`, or something unknown.
    pub kind: Name,
    /// The texts after it; a command (`exec`) has one, and may be marked `sh`.
    pub arguments: Vec<Text>,
    /// `exec sh "…"`.
    pub shell: bool,
    pub options: Vec<JobOption>,
    pub span: Span,
}

/// `head :- body.` or `head.`
#[derive(Clone, Debug)]
pub struct Rule {
    pub head: Call,
    /// Empty for a fact.
    pub body: Vec<Literal>,
    pub span: Span,
}

/// `name(…)`: an atom, or the call of a function; name resolution tells which.
#[derive(Clone, Debug)]
pub struct Call {
    pub name: Name,
    pub arguments: Arguments,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Arguments {
    Positional(Vec<Expr>),
    /// `r(campaign: c, bytes: n)`; at least one.
    Named(Vec<(Name, Expr)>),
}

#[derive(Clone, Debug)]
pub struct Literal {
    pub kind: LiteralKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum LiteralKind {
    /// An atom, a comparison, or a call of a boolean function.
    Positive(Expr),
    /// `not r(…)`, or `not` before a boolean function.
    Negative(Expr),
    /// `x in a..b`.
    In { value: Expr, range: Box<Range> },
}

#[derive(Clone, Debug)]
pub struct Range {
    pub from: Expr,
    pub to: Expr,
    /// `..=` rather than `..`.
    pub inclusive: bool,
    pub step: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Constant(Constant),
    Variable(String),
    /// `_`
    Wildcard,
    Now,
    Call(Call),
    /// `-e`
    Negate(Box<Expr>),
    Binary(BinaryOperator, Box<Expr>, Box<Expr>),
    /// `(e)`, kept so that the printer and spans are exact.
    Parenthesis(Box<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Date(Date),
    Time(Timestamp),
    Duration(DurationLiteral),
}

/// `1mo2d3h`: calendar parts are kept apart, for a month has no length of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct DurationLiteral {
    /// From `mo` and `y`.
    pub months: i32,
    /// From `d` and `w`.
    pub days: i32,
    /// From `h`, `m`, `s`, `ms`, `us`.
    pub micros: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Concat,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `goal g(p: type, …) { … }`
#[derive(Clone, Debug)]
pub struct Goal {
    pub name: Name,
    pub parameters: Vec<Column>,
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Debug)]
pub struct Clause {
    pub kind: ClauseKind,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ClauseKind {
    Expect(Vec<Literal>),
    Ok(Vec<Literal>),
    /// `ok needs.`
    OkNeeds,
    /// The body is empty where the clause has none.
    Needs {
        goal: Call,
        body: Vec<Literal>,
    },
    Working(Vec<Literal>),
    Gone {
        reason: Text,
        body: Vec<Literal>,
    },
    Hold {
        reason: Text,
        body: Vec<Literal>,
    },
    /// The body is empty where the clause has none.
    Due {
        moment: Expr,
        body: Vec<Literal>,
    },
    Check(Job),
    Action(Job),
}

/// What a check or an action does, and its options; validated afterwards.
#[derive(Clone, Debug)]
pub struct Job {
    pub task: Task,
    pub options: Vec<JobOption>,
}

/// What is run, asked or sent.
#[derive(Clone, Debug)]
pub enum Task {
    /// `"command"`, or `sh "…"`.
    Command { command: Text, shell: bool },
    /// `sql "URL" "statement"`
    Sql { texts: Vec<Text>, span: Span },
    /// `http POST "URL"`
    Http { method: Option<Name>, texts: Vec<Text>, span: Span },
}

#[derive(Clone, Debug)]
pub struct JobOption {
    pub kind: JobOptionKind,
    pub span: Span,
}

/// The options of checks, actions, sources and pools.
#[derive(Clone, Debug)]
pub enum JobOptionKind {
    /// `every 5m`
    Every(Expr),
    /// `ok every 1h`
    OkEvery(Expr),
    /// `ok never`
    OkNever,
    /// `batch 1000`
    Batch(Expr),
    /// `timeout 60s`
    Timeout(Expr),
    /// `pool p`, or `pool p(e)` for a pool of its own for each value of `e`
    Pool { name: Name, part: Option<Expr> },
    /// `env (NAME, …)`
    Env(Vec<Name>),
    /// `within 4h`
    Within(Expr),
    /// `retry 10`
    Retry(Expr),
    /// `backoff 10s..1h`
    Backoff { from: Expr, to: Expr },
    /// `detached`
    Detached,
    /// `priority e`
    Priority(Expr),
    /// `limit 20`
    Limit(Expr),
    /// `rate 10 per 1m`
    Rate { count: Expr, per: Expr },
    /// `trip 5`
    Trip(Expr),
    /// `shrink 20%`
    Shrink(Expr),
    /// `notify "channel"`
    Notify(Text),
    /// `bearer "$TOKEN"`
    Bearer(Text),
    /// `header "Name: value"`
    Header(Text),
    /// `body "{\"day\": {d}}"`
    Body(Text),
}

/// `pool name limit n, rate n per D, trip n.`
#[derive(Clone, Debug)]
pub struct Pool {
    pub name: Name,
    pub options: Vec<JobOption>,
}
