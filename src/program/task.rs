//! What a check or an action does: commands, SQL and requests, each with what only it takes.

use super::command::{self, Known, Mistakes};
use super::options::{Options, Owner};
use super::sql_text;
use super::suggest::did_you_mean;
use super::url_text::{body, url};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::{self, HttpTask, Method, SqlTask};
use crate::syntax::ast::{Name, Task, Text};

/// The task of a check or an action, after it was looked at; `None` where nothing can be made of
/// it, which was said then.
pub(super) fn task(
    owner: Owner,
    written: &Task,
    options: &Options,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<model::Task> {
    misplaced(written, options, diagnostics);
    match written {
        Task::Command { command, shell } => {
            Some(model::Task::Command(command::command(command, *shell, known, diagnostics)))
        }
        Task::Sql { texts, span } => {
            sql(owner, texts, *span, known, diagnostics).map(model::Task::Sql)
        }
        Task::Http { method, texts, span } => {
            let one = Http { owner, options, known, diagnostics };
            one.task(method.as_ref(), texts, *span).map(model::Task::Http)
        }
    }
}

/// Options that some tasks have no use for.
fn misplaced(task: &Task, options: &Options, diagnostics: &mut Vec<Diagnostic>) {
    let (what, foreign, hint): (_, &[&str], _) = match task {
        Task::Command { .. } => {
            let hint = "It belongs to http; a command gets what it needs by `env`.";
            ("a command", &["bearer", "header", "body"], hint)
        }
        Task::Sql { .. } => {
            let hint = "Write values as {p} into the statement, and secrets as $NAME into the URL.";
            ("sql", &["bearer", "header", "body", "env"], hint)
        }
        Task::Http { .. } => {
            let hint = "Write secrets as $NAME into the URL, `bearer` or `header`.";
            ("http", &["env"], hint)
        }
    };
    for word in foreign {
        if let Some(span) = options.span(word) {
            let text = format!("{what} takes no \"{word}\"");
            diagnostics.push(Diagnostic::error(text, span).hint(hint));
        }
    }
}

fn sql(
    owner: Owner,
    texts: &[Text],
    span: Span,
    known: &Known,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<SqlTask> {
    if owner == Owner::Check {
        let text = "a check asks no database".to_owned();
        let hint = "Let a source ask it: observe r(…) from sql \"URL\" \"select …\" every 5m.";
        diagnostics.push(Diagnostic::error(text, span).hint(hint));
        return None;
    }
    let (Some(url), Some(statement)) = (texts.first(), joined(texts)) else {
        let text = "an action by sql has a URL and a statement".to_owned();
        let hint = "Write: action sql \"postgres://…\" \"insert …\" within 1h.";
        diagnostics.push(Diagnostic::error(text, span).hint(hint));
        return None;
    };
    diagnostics.extend(not_a_database(url));
    let statements = sql_text::statements(&statement, known, diagnostics);
    Some(SqlTask { url: url.value.clone(), statements })
}

/// The SQL behind a URL: texts that stand below each other are its lines.
pub(super) fn joined(texts: &[Text]) -> Option<Text> {
    let [_, first, .., last] = texts else { return texts.get(1).cloned() };
    let lines: Vec<&str> = texts[1..].iter().map(|text| &*text.value).collect();
    Some(Text { value: lines.join("\n"), span: first.span.to(last.span) })
}

/// That a URL is of no database that we know. What a variable holds shows later.
pub(super) fn not_a_database(url: &Text) -> Option<Diagnostic> {
    let known = ["postgres://", "postgresql://", "sqlite:", "$"];
    let is_known = known.iter().any(|scheme| url.value.starts_with(scheme));
    (!is_known).then(|| {
        let text = "this is no URL of a database that we know".to_owned();
        let hint = "Write postgres://user@host/database, sqlite:path, or $NAME for one in the \
                    environment.";
        Diagnostic::error(text, url.span).hint(hint)
    })
}

fn count(texts: &[Text]) -> String {
    match texts.len() {
        1 => "1 text".to_owned(),
        many => format!("{many} texts"),
    }
}

/// A request of a check or an action.
struct Http<'a> {
    owner: Owner,
    options: &'a Options<'a>,
    known: &'a Known<'a>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Http<'_> {
    fn task(mut self, method: Option<&Name>, texts: &[Text], span: Span) -> Option<HttpTask> {
        let [address] = texts else {
            let text = format!("http has one URL, not {}", count(texts));
            let hint = format!("Write: {}.", self.usage());
            self.diagnostics.push(Diagnostic::error(text, span).hint(hint));
            return None;
        };
        let method = self.method(method, span);
        let url = url(address, self.known, self.diagnostics);
        self.headers();
        let body = self.body(method);
        let text = |text: &Text| text.value.clone();
        Some(HttpTask {
            method: method?,
            url: url?,
            bearer: self.options.bearer.map(text),
            headers: self.options.headers.iter().copied().map(text).collect(),
            body,
        })
    }

    fn usage(&self) -> &'static str {
        match self.owner {
            Owner::Action => "action http POST \"https://…\" within 1h",
            Owner::Check | Owner::Pool | Owner::Source => "check http GET \"https://…\" every 5m",
        }
    }

    fn method(&mut self, written: Option<&Name>, span: Span) -> Option<Method> {
        let allowed: &[Method] = match self.owner {
            Owner::Action => &[Method::Post, Method::Put, Method::Patch, Method::Delete],
            Owner::Check | Owner::Pool | Owner::Source => &[Method::Get, Method::Post],
        };
        let names: Vec<&str> = allowed.iter().map(|method| method.name()).collect();
        let Some(name) = written else {
            let text = "http does not say its method".to_owned();
            let hint = format!("Write: {}.", self.usage());
            self.diagnostics.push(Diagnostic::error(text, span).hint(hint));
            return None;
        };
        let found = allowed.iter().find(|method| method.name() == name.text);
        if found.is_none() {
            let upper = name.text.to_uppercase();
            let is_method = Method::ALL.iter().any(|method| method.name() == name.text);
            let text = match is_method {
                true => format!("{} has no use for {}", self.owner.word(), name.text),
                false => format!("\"{}\" is no method of http", name.text),
            };
            let mistake = Diagnostic::error(text, name.span);
            let near = did_you_mean(mistake.clone(), &upper, names.iter().copied());
            self.diagnostics.push(match near.hints.is_empty() || is_method {
                true => mistake.hint(format!("Its methods are: {}.", names.join(", "))),
                false => near,
            });
        }
        found.copied()
    }

    fn headers(&mut self) {
        for header in &self.options.headers {
            let (name, _) = header.value.split_once(':').unwrap_or_default();
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                let text = "this is no header of http".to_owned();
                let hint = "Write its name, a colon and its value: header \"X-Api-Key: $KEY\".";
                self.diagnostics.push(Diagnostic::error(text, header.span).hint(hint));
            }
        }
    }

    fn body(&mut self, method: Option<Method>) -> Option<model::Template> {
        let has_body = method.is_none_or(Method::has_body);
        let word = ["body", "batch"].into_iter().find_map(|word| {
            let span = self.options.span(word)?;
            (!has_body).then_some((word, span))
        });
        if let (Some(method), Some((word, span))) = (method, word) {
            let text = format!("{method} sends no body, and takes no \"{word}\"");
            self.diagnostics.push(Diagnostic::error(text, span).hint("POST, PUT and PATCH do."));
        }
        let written = self.options.body?;
        if let (true, Some(span)) = (has_body, self.options.span("batch")) {
            let text = "a body of its own is for one instance, not for a batch".to_owned();
            let hint = "Leave `body` out: a batch is sent as an array of objects.";
            self.diagnostics.push(Diagnostic::error(text, span).hint(hint));
        }
        let (span, known) = (written.span, self.known);
        body(&written.value, Mistakes { span, known, diagnostics: self.diagnostics })
    }
}
