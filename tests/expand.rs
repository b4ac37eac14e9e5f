//! Goals as plain rules. A block of a golden file opens with a sentence; then comes a program,
//! `---`, and its expansion. `UPDATE=1 cargo test --test expand` rewrites the files. Every
//! expansion is a program that checks clean and expands to itself.

mod common;

use std::path::Path;

use owed::diagnostic::{Diagnostic, Sources};
use owed::program::{check, expand};
use owed::syntax::{ast, parse, print};

datatest_stable::harness! {
    { test = golden, root = "tests/expand", pattern = r"\.txt$" },
    { test = example, root = "rules", pattern = r"^[^/]*\.rules$" },
}

fn golden(path: &Path) -> datatest_stable::Result<()> {
    common::golden::run(path, expanded)
}

fn example(path: &Path) -> datatest_stable::Result<()> {
    expanded(&std::fs::read_to_string(path)?);
    Ok(())
}

/// The expansion as text, after making sure that it is a program.
fn expanded(program: &str) -> String {
    let (sources, original) = parsed(program);
    let (checked, mistakes) = check(&original, &sources);
    assert!(checked.is_some(), "{}", messages(&mistakes));
    let text = print(&expand(&original));
    let (again_sources, again) = parsed(&text);
    let (checked, mistakes) = check(&again, &again_sources);
    assert!(checked.is_some() && mistakes.is_empty(), "{text}\n{}", messages(&mistakes));
    let twice = print(&expand(&again));
    assert_eq!(twice, text, "an expansion expands to itself");
    text
}

fn parsed(text: &str) -> (Sources, ast::File) {
    let mut sources = Sources::default();
    let id = sources.add("input.rules", text);
    let (file, mistakes) = parse(text, id);
    assert!(mistakes.is_empty(), "{text}\n{}", messages(&mistakes));
    (sources, file)
}

fn messages(diagnostics: &[Diagnostic]) -> String {
    let lines = diagnostics.iter().map(|d| format!("{:?} {}", d.primary.span, d.message));
    lines.collect::<Vec<_>>().join("\n")
}
