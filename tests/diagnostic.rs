//! How diagnostics look, over text files: `text` shows the parser's diagnostics on a program
//! as people see them, `json` as editors do, and `places` one with a place of every kind.

mod common;

use std::path::Path;

use owed::diagnostic::{
    Diagnostic, FileId, Look, Severity, Sources, Span, render_json, render_text,
};

const COLOURED: Look = Look { is_coloured: true, ..Look::PLAIN };
const NARROW: Look = Look { columns: 60, ..Look::PLAIN };

datatest_stable::harness! {
    { test = check, root = "tests/diagnostic", pattern = r"\.txt$" },
}

fn check(path: &Path) -> datatest_stable::Result<()> {
    common::golden::run(path, |input| {
        let (form, program) = input.split_once('\n').expect("the first line is the form");
        let mut sources = Sources::default();
        let file = sources.add("main.rules", program);
        match form {
            "text" => render_text(&owed::syntax::parse(program, file).1, &sources, Look::PLAIN),
            "colour" => render_text(&owed::syntax::parse(program, file).1, &sources, COLOURED)
                .replace('\u{1b}', "ESC"),
            "narrow" => render_text(&owed::syntax::parse(program, file).1, &sources, NARROW),
            "json" => render_json(&owed::syntax::parse(program, file).1, &sources),
            "places" => places(program, file, &mut sources),
            other => panic!("unknown form {other}"),
        }
    })
}

/// A warning at the last line of the program and an error at its first, which belongs to the
/// last line of the program and to another file.
fn places(program: &str, file: FileId, sources: &mut Sources) -> String {
    let other_text = "// another file\noutput first(x: int).\n";
    let other = sources.add("other.rules", other_text);
    let span = |file: FileId, text: &str, what: &str| {
        let start = text.find(what).expect("the text has it");
        let at = |place: usize| u32::try_from(place).expect("a small text");
        Span { file, start: at(start), end: at(start + what.len()) }
    };
    let diagnostics = [
        Diagnostic::warning("`last` is not used", span(file, program, "last"))
            .hint("Remove it.")
            .hint("Or name it `_last`."),
        Diagnostic::error("`first` is declared twice", span(file, program, "first"))
            .labelled("declared here")
            .with(span(other, other_text, "first"), "and here")
            .with(span(file, program, "last"), "used here"),
    ];
    assert_eq!(diagnostics[0].severity, Severity::Warning);
    format!(
        "{}\n{}",
        render_text(&diagnostics, sources, Look::PLAIN),
        render_json(&diagnostics, sources)
    )
}
