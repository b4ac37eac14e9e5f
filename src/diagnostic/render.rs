//! Diagnostics as people and editors read them, in the order of their places.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::{Diagnostic, FileId, Label, Severity, Sources, Span};

/// What text looks like where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub is_coloured: bool,
    /// How many characters fit on a line; longer source lines are cut.
    pub columns: usize,
}

impl Look {
    /// For a file.
    pub const PLAIN: Look = Look { is_coloured: false, columns: 140 };
}

/// With source lines and carets; each ends in a blank line but the last.
pub fn render_text(diagnostics: &[Diagnostic], sources: &Sources, look: Look) -> String {
    let renderer = if look.is_coloured { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(look.columns);
    let rendered: Vec<String> = in_order(diagnostics)
        .into_iter()
        .map(|diagnostic| renderer.render(&[group(diagnostic, sources)]) + "\n")
        .collect();
    rendered.join("\n")
}

/// One JSON object a line. Lines and columns count from 1, columns in characters; ends are
/// exclusive.
pub fn render_json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut output = String::new();
    for diagnostic in in_order(diagnostics) {
        let line = DiagnosticLine::new(diagnostic, sources);
        output.push_str(&serde_json::to_string(&line).expect("texts and numbers are always JSON"));
        output.push('\n');
    }
    output
}

fn in_order(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut ordered: Vec<&Diagnostic> = diagnostics.iter().collect();
    ordered.sort_by_key(|diagnostic| diagnostic.primary.span);
    ordered
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut files = vec![diagnostic.primary.span.file];
    for label in &diagnostic.secondary {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let snippets = files.into_iter().map(|file| snippet(diagnostic, file, sources));
    let hints = diagnostic.hints.iter().map(|hint| Level::HELP.message(hint.as_str()));
    level.primary_title(diagnostic.message.as_str()).elements(snippets).elements(hints)
}

/// The places of a diagnostic in one file, over the lines from the first of them to the last.
fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    file: FileId,
    sources: &'a Sources,
) -> Snippet<'a, Annotation<'a>> {
    let text = sources.text(file);
    let primary = (AnnotationKind::Primary, &diagnostic.primary);
    let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let places: Vec<(AnnotationKind, &Label)> =
        std::iter::once(primary).chain(secondary).filter(|it| it.1.span.file == file).collect();
    let first = places.iter().map(|it| it.1.span.start).min().unwrap_or(0) as usize;
    let last = places.iter().map(|it| it.1.span.end).max().unwrap_or(0) as usize;
    let from = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let to = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let line = text[..from].bytes().filter(|byte| *byte == b'\n').count() + 1;
    let annotations = places.into_iter().map(|(kind, label)| {
        let span = label.span.start as usize - from..label.span.end as usize - from;
        match label.text.as_str() {
            "" => kind.span(span),
            words => kind.span(span).label(words),
        }
    });
    Snippet::source(&text[from..to])
        .line_start(line)
        .path(sources.name(file))
        .annotations(annotations)
}

#[derive(Serialize)]
struct DiagnosticLine<'a> {
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
    related: Vec<Related<'a>>,
    hints: &'a [String],
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

impl<'a> DiagnosticLine<'a> {
    fn new(diagnostic: &'a Diagnostic, sources: &'a Sources) -> DiagnosticLine<'a> {
        DiagnosticLine {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            message: &diagnostic.message,
            place: Place::new(diagnostic.primary.span, sources),
            label: &diagnostic.primary.text,
            related: diagnostic
                .secondary
                .iter()
                .map(|label| Related {
                    message: &label.text,
                    place: Place::new(label.span, sources),
                })
                .collect(),
            hints: &diagnostic.hints,
        }
    }
}

impl<'a> Place<'a> {
    fn new(span: Span, sources: &'a Sources) -> Place<'a> {
        let (line, column) = sources.position(span);
        let (end_line, end_column) = sources.position(Span { start: span.end, ..span });
        Place { file: sources.name(span.file), line, column, end_line, end_column }
    }
}
