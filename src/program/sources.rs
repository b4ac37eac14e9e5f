//! `from …`: which source, where, how often, and whether it can fill the columns.

use super::command::{self, Known};
use super::options::{Options, Owner};
use super::path_pattern;
use super::relation_info::RelationInfo;
use super::suggest::did_you_mean;
use super::task::{joined, not_a_database};
use crate::diagnostic::Diagnostic;
use crate::model::{Source, SourceKind};
use crate::syntax::ast::{self, DeclarationKind};

const KINDS: [(&str, &str); 6] = [
    ("csv", "from csv \"path\""),
    ("jsonl", "from jsonl \"path\""),
    ("parquet", "from parquet \"path\""),
    ("files", "from files \"landing/{campaign}/{day:%Y%m%d}.csv\""),
    ("sql", "from sql \"URL\" \"select …\" every 5m"),
    ("exec", "from exec \"command\" every 5m"),
];

/// The source of a relation; `None` where it is wrong, which was said then.
pub(super) fn source(
    relation: &RelationInfo,
    written: &ast::Source,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Source> {
    if relation.declared == Some(DeclarationKind::Output) {
        let text = format!("{} cannot have a source", relation.describe());
        let hint = "Rules give its rows; read from a source into an input or observe.";
        diagnostics.push(Diagnostic::error(text, written.span).hint(hint));
        return None;
    }
    let kind = &written.kind;
    let Some((_, usage)) = KINDS.iter().find(|(name, _)| *name == kind.text) else {
        let text = format!("there is no source \"{}\"", kind.text);
        let names = KINDS.map(|(name, _)| name);
        let diagnostic = did_you_mean(Diagnostic::error(text, kind.span), &kind.text, names);
        diagnostics.push(match diagnostic.hints.is_empty() {
            true => diagnostic.hint(format!("Sources are: {}.", names.join(", "))),
            false => diagnostic,
        });
        return None;
    };
    let options = Options::read(Owner::Source, &written.options, diagnostics);
    let is_remote = written.arguments.first().is_some_and(|path| path.value.contains("://"));
    let is_store = &*kind.text == "files" && is_remote;
    let polled = is_store || matches!(&*kind.text, "sql" | "exec");
    let usage =
        if is_store { &"from files \"s3://bucket/{campaign}.csv\" every 5m" } else { usage };
    if polled && !options.has("every") {
        let text = format!("a source \"{}\" says how often it is read", kind.text);
        diagnostics.push(Diagnostic::error(text, written.span).hint(format!("Write: {usage}.")));
    } else if !polled && options.has("every") {
        let text = format!("a source \"{}\" is watched, and takes no \"every\"", kind.text);
        diagnostics.push(Diagnostic::error(text, written.span).hint(format!("Write: {usage}.")));
    }
    for (word, is_taken, what) in [
        ("timeout", polled, "is read at once: only sql, exec and stores are waited for"),
        ("env", &*kind.text == "exec", "runs no command that could see variables"),
    ] {
        if options.has(word) && !is_taken {
            let text = format!("a source \"{}\" {what}", kind.text);
            let hint = format!("Leave out \"{word}\".");
            diagnostics.push(Diagnostic::error(text, written.span).hint(hint));
        }
    }
    let kind = source_kind(relation, written, usage, diagnostics)?;
    let notify = options.notify.map(|channel| {
        diagnostics.extend(no_channel(&kind, channel));
        channel.value.clone()
    });
    Some(Source {
        kind,
        every: options.every,
        timeout: options.timeout,
        environment: options.env,
        notify,
        shrink_percent: options.shrink,
    })
}

/// That a source has nobody who could notify us.
fn no_channel(kind: &SourceKind, channel: &ast::Text) -> Option<Diagnostic> {
    let can_notify = matches!(kind, SourceKind::Sql { url, .. } if !url.starts_with("sqlite:"));
    let text = match (can_notify, channel.value.is_empty()) {
        (true, false) => return None,
        (true, true) => "a channel has a name",
        (false, _) => "only PostgreSQL notifies",
    };
    let hint = "Write: from sql \"postgres://…\" \"select …\" every 5m, notify \"channel\".";
    Some(Diagnostic::error(text, channel.span).hint(hint))
}

fn source_kind(
    relation: &RelationInfo,
    written: &ast::Source,
    usage: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<SourceKind> {
    let kind = &*written.kind.text;
    if written.shell && kind != "exec" {
        let text = format!("a source \"{kind}\" runs no command, and takes no \"sh\"");
        diagnostics.push(Diagnostic::error(text, written.span).hint(format!("Write: {usage}.")));
        return None;
    }
    let value = |text: &ast::Text| text.value.clone();
    if let (true, Some(place)) = (kind != "exec", written.arguments.first()) {
        variables(place, diagnostics);
    }
    let found = match (kind, written.arguments.as_slice()) {
        ("csv", [path]) => SourceKind::Csv { path: value(path) },
        ("jsonl", [path]) => SourceKind::Jsonl { path: value(path) },
        ("parquet", [path]) => SourceKind::Parquet { path: value(path) },
        ("files", [pattern]) => {
            path_pattern::check(relation, pattern, diagnostics);
            SourceKind::Files { pattern: value(pattern) }
        }
        ("sql", texts @ [url, _, ..]) => {
            diagnostics.extend(not_a_database(url));
            let query = joined(texts).map(|query| query.value).unwrap_or_default();
            SourceKind::Sql { url: value(url), query }
        }
        ("exec", [text]) => {
            let unlike = "nothing that a source could fill in".to_owned();
            let known = Known { names: Vec::new(), unlike };
            let command = command::command(text, written.shell, &known, diagnostics);
            SourceKind::Exec { command }
        }
        _ => {
            let count = match written.arguments.len() {
                1 => "1 text".to_owned(),
                many => format!("{many} texts"),
            };
            let text = format!("a source \"{kind}\" does not take {count}");
            let diagnostic = Diagnostic::error(text, written.span);
            diagnostics.push(diagnostic.hint(format!("Write: {usage}.")));
            return None;
        }
    };
    Some(found)
}

/// `$NAME` says which environment variable is meant.
fn variables(written: &ast::Text, diagnostics: &mut Vec<Diagnostic>) {
    let names = written.value.split('$').skip(1);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if names.into_iter().any(|name| !name.starts_with(is_name)) {
        let text = "a \"$\" without a name after it".to_owned();
        let hint = "Write $NAME for the value of an environment variable.";
        diagnostics.push(Diagnostic::error(text, written.span).hint(hint));
    }
}
