//! Statements of our own on top of somebody's program.

use crate::diagnostic::Sources;
use crate::program::{Program, check};
use crate::syntax::{ast, parse};

/// Adds statements that nobody wrote to the statements of a program, and checks the whole anew.
///
/// # Panics
/// If the statements have a mistake: whoever makes them knows the program.
pub fn extend(file: &mut ast::File, sources: &mut Sources, title: &str, text: &str) -> Program {
    let id = sources.add(title, text);
    let (parsed, mistakes) = parse(text, id);
    assert!(mistakes.is_empty(), "our own statements parse: {mistakes:?}\n{text}");
    file.statements.extend(parsed.statements);
    let (program, diagnostics) = check(file, sources);
    program.unwrap_or_else(|| panic!("our own statements are right: {diagnostics:?}\n{text}"))
}
