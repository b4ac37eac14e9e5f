//! Options of checks, actions, pools and sources: each in its place, at most once, with a
//! value in range. What is wrong is refused and counts as not there.

use super::expand::literal_count;
use super::expression::exact;
use super::walk;
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{Duration, Rate};
use crate::syntax::ast::{Constant, Expr, ExprKind, JobOption, JobOptionKind, Name, Text};

/// What the options belong to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Owner {
    Check,
    Action,
    Pool,
    Source,
}

impl Owner {
    pub(super) fn word(self) -> &'static str {
        match self {
            Owner::Check => "a check",
            Owner::Action => "an action",
            Owner::Pool => "a pool",
            Owner::Source => "a source",
        }
    }

    fn takes(self) -> &'static [&'static str] {
        match self {
            Owner::Check => &[
                "every", "ok every", "ok never", "batch", "timeout", "pool", "env", "bearer",
                "header", "body",
            ],
            Owner::Action => &[
                "within", "retry", "backoff", "pool", "batch", "detached", "priority", "env",
                "bearer", "header", "body",
            ],
            Owner::Pool => &["limit", "rate", "trip"],
            Owner::Source => &["every", "timeout", "notify", "env", "shrink"],
        }
    }
}

/// The options that are in place, with what is wrong with their values said.
#[derive(Default)]
pub(super) struct Options<'a> {
    pub every: Option<Duration>,
    pub ok_every: Option<Duration>,
    pub ok_never: bool,
    pub batch: Option<u32>,
    pub timeout: Option<Duration>,
    pub pools: Vec<(&'a Name, Option<&'a Expr>)>,
    pub env: Vec<String>,
    pub within: Option<Duration>,
    pub detached: bool,
    pub retry: Option<u32>,
    pub backoff: Option<(Duration, Duration)>,
    pub priority: Option<&'a Expr>,
    pub limit: Option<u32>,
    pub rate: Option<Rate>,
    pub trip: Option<u32>,
    pub shrink: Option<u8>,
    pub notify: Option<&'a Text>,
    pub bearer: Option<&'a Text>,
    pub headers: Vec<&'a Text>,
    pub body: Option<&'a Text>,
    /// The words of all that was given, right or wrong.
    given: Vec<(&'static str, Span)>,
}

impl<'a> Options<'a> {
    pub fn read(
        owner: Owner,
        options: &'a [JobOption],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Options<'a> {
        let mut read = Options::default();
        for option in options {
            let word = word(&option.kind);
            if !owner.takes().contains(&word) {
                diagnostics.push(misplaced(owner, word, option.span));
            } else if let Some(before) = read.repeats(owner, word, option) {
                let text = match &option.kind {
                    JobOptionKind::Pool { name, .. } if owner == Owner::Action => {
                        format!("pool \"{}\" is named twice", name.text)
                    }
                    _ => format!("\"{word}\" is given twice"),
                };
                let again = Diagnostic::error(text, option.span);
                diagnostics.push(again.with(before, "first here"));
            } else {
                read.given.push((word, option.span));
                read.take(option, diagnostics);
            }
        }
        read
    }

    pub fn has(&self, word: &str) -> bool {
        self.span(word).is_some()
    }

    /// Where an option stands, right or wrong.
    pub fn span(&self, word: &str) -> Option<Span> {
        self.given.iter().find(|(given, _)| *given == word).map(|(_, span)| *span)
    }

    /// Where the same was said before; several pools may be named, each once, and any headers.
    fn repeats(&self, owner: Owner, word: &str, option: &JobOption) -> Option<Span> {
        if let (Owner::Action, JobOptionKind::Pool { name, .. }) = (owner, &option.kind) {
            let before = self.pools.iter().find(|(before, _)| before.text == name.text);
            return before.map(|(before, _)| before.span);
        }
        if word == "header" {
            return None;
        }
        let same =
            |given: &str| given == word || (given.starts_with("ok") && word.starts_with("ok"));
        self.given.iter().find(|(given, _)| same(given)).map(|(_, span)| *span)
    }

    fn take(&mut self, option: &'a JobOption, diagnostics: &mut Vec<Diagnostic>) {
        let mut values = Values { word: word(&option.kind), diagnostics };
        match &option.kind {
            JobOptionKind::Every(value) => self.every = values.duration(value),
            JobOptionKind::OkEvery(value) => self.ok_every = values.duration(value),
            JobOptionKind::OkNever => self.ok_never = true,
            JobOptionKind::Batch(value) => self.batch = values.count(value),
            JobOptionKind::Timeout(value) => self.timeout = values.duration(value),
            JobOptionKind::Pool { name, part } => self.pools.push((name, part.as_ref())),
            JobOptionKind::Env(names) => {
                self.env = names.iter().map(|name| name.text.clone()).collect();
            }
            JobOptionKind::Within(value) => self.within = values.duration(value),
            JobOptionKind::Retry(value) => self.retry = values.count(value),
            JobOptionKind::Backoff { from, to } => self.backoff = values.backoff(from, to),
            JobOptionKind::Detached => self.detached = true,
            JobOptionKind::Priority(value) => self.priority = Some(value),
            JobOptionKind::Limit(value) => self.limit = values.count(value),
            JobOptionKind::Rate { count, per } => {
                let (count, per) = (values.count(count), values.duration(per));
                self.rate = count.zip(per).map(|(count, per)| Rate { count, per });
            }
            JobOptionKind::Trip(value) => self.trip = values.count(value),
            JobOptionKind::Shrink(value) => self.shrink = values.percent(value),
            JobOptionKind::Notify(channel) => self.notify = Some(channel),
            JobOptionKind::Bearer(token) => self.bearer = Some(token),
            JobOptionKind::Header(header) => self.headers.push(header),
            JobOptionKind::Body(body) => self.body = Some(body),
        }
    }
}

/// Reads the values of one option.
struct Values<'d> {
    word: &'static str,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Values<'_> {
    fn duration(&mut self, value: &Expr) -> Option<Duration> {
        let ExprKind::Constant(Constant::Duration(literal)) = &walk::bare(value).kind else {
            let text = format!("\"{}\" takes a duration, written out", self.word);
            let hint = "Such as 30s, 5m, 4h or 1d.";
            self.diagnostics.push(Diagnostic::error(text, value.span).hint(hint));
            return None;
        };
        match exact(*literal, value.span) {
            Ok(length) if length > Duration::ZERO => Some(length),
            Ok(_) => {
                let text = format!("\"{}\" takes a duration longer than nothing", self.word);
                self.diagnostics.push(Diagnostic::error(text, value.span));
                None
            }
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                None
            }
        }
    }

    fn count(&mut self, value: &Expr) -> Option<u32> {
        let count = literal_count(value);
        if count.is_none() {
            let text = format!("\"{}\" takes a whole number from 1, written out", self.word);
            self.diagnostics.push(Diagnostic::error(text, value.span));
        }
        count
    }

    fn percent(&mut self, value: &Expr) -> Option<u8> {
        let percent = literal_count(value).filter(|percent| *percent <= 100);
        if percent.is_none() {
            let text = format!("\"{}\" takes a whole number of percent from 1 to 100", self.word);
            self.diagnostics.push(Diagnostic::error(text, value.span));
        }
        percent.and_then(|percent| u8::try_from(percent).ok())
    }

    fn backoff(&mut self, from: &Expr, to: &Expr) -> Option<(Duration, Duration)> {
        let (least, most) = (self.duration(from)?, self.duration(to)?);
        if least > most {
            let text = format!("the back-off begins at {least}, after its end at {most}");
            let hint = "Write the shorter pause first.";
            self.diagnostics.push(Diagnostic::error(text, from.span.to(to.span)).hint(hint));
            return None;
        }
        Some((least, most))
    }
}

fn misplaced(owner: Owner, word: &str, span: Span) -> Diagnostic {
    let text = format!("{} has no option \"{word}\"", owner.word());
    let elsewhere: Vec<&str> = [Owner::Check, Owner::Action, Owner::Pool, Owner::Source]
        .into_iter()
        .filter(|other| other.takes().contains(&word))
        .map(Owner::word)
        .collect();
    let mut hint = format!("Its options are: {}.", owner.takes().join(", "));
    if !elsewhere.is_empty() {
        hint = format!("\"{word}\" belongs to {}. {hint}", elsewhere.join(" or "));
    }
    Diagnostic::error(text, span).hint(hint)
}

fn word(kind: &JobOptionKind) -> &'static str {
    match kind {
        JobOptionKind::Every(_) => "every",
        JobOptionKind::OkEvery(_) => "ok every",
        JobOptionKind::OkNever => "ok never",
        JobOptionKind::Batch(_) => "batch",
        JobOptionKind::Timeout(_) => "timeout",
        JobOptionKind::Pool { .. } => "pool",
        JobOptionKind::Env(_) => "env",
        JobOptionKind::Within(_) => "within",
        JobOptionKind::Retry(_) => "retry",
        JobOptionKind::Backoff { .. } => "backoff",
        JobOptionKind::Detached => "detached",
        JobOptionKind::Priority(_) => "priority",
        JobOptionKind::Limit(_) => "limit",
        JobOptionKind::Rate { .. } => "rate",
        JobOptionKind::Trip(_) => "trip",
        JobOptionKind::Shrink(_) => "shrink",
        JobOptionKind::Notify(_) => "notify",
        JobOptionKind::Bearer(_) => "bearer",
        JobOptionKind::Header(_) => "header",
        JobOptionKind::Body(_) => "body",
    }
}
