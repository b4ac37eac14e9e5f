//! `from …`: which source, where, how often, and whether it can fill the columns.

use super::command::{self, Known};
use super::options::{Options, Owner};
use super::relation_info::{ColumnInfo, RelationInfo};
use super::suggest::did_you_mean;
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
    let polled = matches!(&*kind.text, "sql" | "exec");
    if polled && !options.has("every") {
        let text = format!("a source \"{}\" says how often it is read", kind.text);
        diagnostics.push(Diagnostic::error(text, written.span).hint(format!("Write: {usage}.")));
    } else if !polled && options.has("every") {
        let text = format!("a source \"{}\" is watched, and takes no \"every\"", kind.text);
        diagnostics.push(Diagnostic::error(text, written.span).hint(format!("Write: {usage}.")));
    }
    for (word, is_taken, what) in [
        ("timeout", polled, "is read at once: only sql and exec are waited for"),
        ("env", &*kind.text == "exec", "runs no command that could see variables"),
    ] {
        if options.has(word) && !is_taken {
            let text = format!("a source \"{}\" {what}", kind.text);
            let hint = format!("Leave out \"{word}\".");
            diagnostics.push(Diagnostic::error(text, written.span).hint(hint));
        }
    }
    let kind = source_kind(relation, written, usage, diagnostics)?;
    Some(Source {
        kind,
        every: options.every,
        timeout: options.timeout,
        environment: options.env,
        shrink_percent: options.shrink,
    })
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
    let found = match (kind, written.arguments.as_slice()) {
        ("csv", [path]) => SourceKind::Csv { path: value(path) },
        ("jsonl", [path]) => SourceKind::Jsonl { path: value(path) },
        ("parquet", [path]) => SourceKind::Parquet { path: value(path) },
        ("files", [pattern]) => {
            files(relation, pattern, diagnostics);
            SourceKind::Files { pattern: value(pattern) }
        }
        ("sql", [url, query]) => SourceKind::Sql { url: value(url), query: value(query) },
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

/// Every column comes from the path, but for what a file itself tells.
fn files(relation: &RelationInfo, pattern: &ast::Text, diagnostics: &mut Vec<Diagnostic>) {
    let from_file = |column: &&ColumnInfo| matches!(&*column.name, "bytes" | "modified");
    let in_path = relation.columns.iter().filter(|column| !from_file(column));
    let names: Vec<_> = in_path.map(|column| (&*column.name, column.ty)).collect();
    let unlike = format!("no column of \"{}\"", relation.name);
    let known = Known { names, unlike };
    let found = command::pattern(pattern, &known, diagnostics);
    for (name, _) in &known.names {
        if !found.iter().any(|found| found == name) {
            let text = format!("nothing in the pattern gives column \"{name}\"");
            let hint = format!(
                "Put {{{name}}} into the path. Only \"bytes\" and \"modified\" come from the file."
            );
            diagnostics.push(Diagnostic::error(text, pattern.span).hint(hint));
        }
    }
}
