//! A program's text from its first file to the checked program.

use std::io;
use std::path::{Path, PathBuf};

use super::includes::Includes;
use crate::diagnostic::{Diagnostic, FileId, Sources};
use crate::program::{Program, Text, check_text};
use crate::syntax::{ast, parse};

/// Everything that became of a rules file.
#[derive(Debug)]
pub struct Compiled {
    /// Every text that was read, for showing the diagnostics.
    pub sources: Sources,
    /// The statements of all files, each include in the place of its statement.
    pub file: ast::File,
    /// `None` where there are errors.
    pub program: Option<Program>,
    /// By file and place.
    pub diagnostics: Vec<Diagnostic>,
}

/// A program that has no errors, and what it was made of.
#[derive(Debug)]
pub struct Loaded {
    pub sources: Sources,
    /// Includes merged.
    pub file: ast::File,
    pub program: Program,
}

impl Loaded {
    /// Where the rules file lies: the paths of sources are relative to it.
    pub fn folder(&self) -> &Path {
        Path::new(self.sources.name(FileId(0))).parent().unwrap_or(Path::new(""))
    }

    /// The files that the rules are made of.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.sources.names().map(PathBuf::from)
    }

    /// Adds statements that nobody wrote, and checks the whole anew. A goal that is there already
    /// is given the clauses of one with its name.
    ///
    /// # Panics
    /// If the statements have a mistake: whoever makes them knows the program.
    #[must_use]
    pub fn extend(mut self, title: &str, text: &str) -> Loaded {
        let id = self.sources.add(title, text);
        let (parsed, mistakes) = parse(text, id);
        assert!(mistakes.is_empty(), "our own statements parse: {mistakes:?}\n{text}");
        for statement in parsed.statements {
            match self.goal_of_same_name(&statement) {
                Some(goal) => goal.clauses.extend(clauses(statement)),
                None => self.file.statements.push(statement),
            }
        }
        let (program, found) = check_text(&self.file, &self.sources, Text::Whole);
        let program = program.unwrap_or_else(|| panic!("our own are right: {found:?}\n{text}"));
        Loaded { program, ..self }
    }
}

impl Loaded {
    fn goal_of_same_name(&mut self, other: &ast::Statement) -> Option<&mut ast::Goal> {
        let ast::StatementKind::Goal(other) = &other.kind else { return None };
        let statements = self.file.statements.iter_mut();
        let mut goals = statements.filter_map(|statement| match &mut statement.kind {
            ast::StatementKind::Goal(goal) => Some(goal),
            _ => None,
        });
        goals.find(|goal| goal.name.text == other.name.text)
    }
}

fn clauses(statement: ast::Statement) -> Vec<ast::Clause> {
    match statement.kind {
        ast::StatementKind::Goal(goal) => goal.clauses,
        _ => Vec::new(),
    }
}

/// Reads and checks a rules file and what it includes; `read` gives the bytes at a path.
///
/// # Errors
/// None: if the file itself cannot be read, that is a diagnostic too.
pub fn compile(path: &Path, read: &mut dyn FnMut(&Path) -> io::Result<Vec<u8>>) -> Compiled {
    let mut includes = Includes::new(read);
    let file = includes.open(path);
    let Includes { sources, mut diagnostics, .. } = includes;
    // What a broken statement declares is unknown, and may be just what others miss.
    let broken = diagnostics.iter().any(Diagnostic::is_error);
    let text = if broken { Text::Partial } else { Text::Whole };
    let (program, found) = check_text(&file, &sources, text);
    diagnostics.extend(found);
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.span);
    let program = program.filter(|_| !broken);
    Compiled { sources, file, program, diagnostics }
}
