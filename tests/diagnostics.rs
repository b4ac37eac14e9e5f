//! Wrong programs and what is said of them. A block of a golden file opens with a sentence;
//! then comes a program, `---`, and its diagnostics: place and text, message, labels, hints.
//! `UPDATE=1 cargo test --test diagnostics` rewrites the files.
//!
//! A program may be of several files: `//// name` begins the next one, and the first of them
//! is called `main.rules`. `\xff` is that byte, which is not UTF-8.

mod common;

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use owed::compile::{Compiled, compile};
use owed::diagnostic::{Diagnostic, Label, Severity, Sources, Span};

datatest_stable::harness! {
    { test = check, root = "tests/diagnostics", pattern = r"\.txt$" },
}

fn check(path: &Path) -> datatest_stable::Result<()> {
    common::golden::run(path, |program| {
        let compiled = compile(Path::new("main.rules"), &mut |path| read(program, path));
        let mut output = String::new();
        for diagnostic in &compiled.diagnostics {
            write_diagnostic(&mut output, diagnostic, &compiled);
        }
        let failed = compiled.diagnostics.iter().any(Diagnostic::is_error);
        assert_eq!(
            failed,
            compiled.program.is_none(),
            "a program exists without errors\n{program}"
        );
        output
    })
}

/// The file of that name among those of a block.
fn read(program: &str, wanted: &Path) -> io::Result<Vec<u8>> {
    let mut name = "main.rules";
    let mut text = None::<Vec<u8>>;
    for line in program.lines() {
        if let Some(next) = line.strip_prefix("//// ") {
            name = next;
        } else if Path::new(name) == wanted {
            let text = text.get_or_insert_default();
            for (number, part) in line.split("\\xff").enumerate() {
                text.extend((number > 0).then_some(0xff));
                text.extend(part.bytes());
            }
            text.push(b'\n');
        }
    }
    text.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
}

fn write_diagnostic(output: &mut String, diagnostic: &Diagnostic, compiled: &Compiled) {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let sources = &compiled.sources;
    let primary = &diagnostic.primary;
    let _ =
        writeln!(output, "{}: {severity}: {}", place(primary.span, sources), diagnostic.message);
    if !primary.text.is_empty() {
        let _ = writeln!(output, "  here: {}", primary.text);
    }
    for Label { span, text } in &diagnostic.secondary {
        let _ = writeln!(output, "  {}: {text}", place(*span, sources));
    }
    for hint in &diagnostic.hints {
        let _ = writeln!(output, "  hint: {hint}");
    }
}

fn place(span: Span, sources: &Sources) -> String {
    let (line, column) = sources.position(span);
    let text = sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = text.chars().take(40).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    let name = match sources.name(span.file) {
        "main.rules" => String::new(),
        name => format!("{name}:"),
    };
    format!("{name}{line}:{column} `{short}{dots}`")
}
