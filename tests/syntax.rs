//! The parser and the printer over text files: a program, then what is wrong with it and how
//! what was understood is printed.

mod common;

use std::fmt::Write as _;
use std::path::Path;

use owed::diagnostic::{Diagnostic, Severity, Sources, Span};

datatest_stable::harness! {
    { test = check, root = "tests/syntax", pattern = r"\.txt$" },
}

fn check(path: &Path) -> datatest_stable::Result<()> {
    common::golden::run(path, |program| {
        let mut sources = Sources::default();
        let file = sources.add("input.rules", program);
        let (parsed, diagnostics) = owed::syntax::parse(program, file);
        let mut output = String::new();
        for diagnostic in &diagnostics {
            write_diagnostic(&mut output, diagnostic, &sources);
        }
        let printed = owed::syntax::print(&parsed);
        let (again, mistakes) = owed::syntax::parse(&printed, file);
        assert_eq!(mistakes, [], "what is printed has no mistakes:\n{printed}");
        assert_eq!(owed::syntax::print(&again), printed);
        output + &printed
    })
}

fn write_diagnostic(output: &mut String, diagnostic: &Diagnostic, sources: &Sources) {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = |span: Span| {
        let (line, column) = sources.position(span);
        format!("{line}:{column} `{}`", sources.slice(span))
    };
    let primary = &diagnostic.primary;
    let _ = writeln!(output, "{severity} at {}: {}", place(primary.span), diagnostic.message);
    if !primary.text.is_empty() {
        let _ = writeln!(output, "  {}", primary.text);
    }
    for label in &diagnostic.secondary {
        let _ = writeln!(output, "  at {}: {}", place(label.span), label.text);
    }
    for hint in &diagnostic.hints {
        let _ = writeln!(output, "  hint: {hint}");
    }
}
