//! A rules file to a program, with everything said that is wrong with it.

use std::path::Path;

use super::failure::Failure;
use super::talk;
use crate::compile::{Compiled, compile};
use crate::diagnostic::{FileId, Sources, render_text};
use crate::program::Program;
use crate::syntax::ast;

/// A program that has no errors, and what it was made of.
pub(super) struct Loaded {
    pub(super) sources: Sources,
    /// Includes merged.
    pub(super) file: ast::File,
    pub(super) program: Program,
}

impl Loaded {
    /// Where the rules file lies: the paths of sources are relative to it.
    pub(super) fn folder(&self) -> &Path {
        Path::new(self.sources.name(FileId(0))).parent().unwrap_or(Path::new(""))
    }
}

/// Compiles a rules file; diagnostics go to standard error.
pub(super) fn load(path: &Path) -> Result<Loaded, Failure> {
    let Compiled { sources, file, program, diagnostics } = compile_file(path)?;
    if !diagnostics.is_empty() {
        talk::plain(&render_text(&diagnostics, &sources, talk::look()));
    }
    match program {
        Some(program) => Ok(Loaded { sources, file, program }),
        None => Err(Failure::Said),
    }
}

/// Compiles a rules file and says nothing.
pub(super) fn compile_file(path: &Path) -> Result<Compiled, Failure> {
    // An include that cannot be read is the program's mistake; the file itself is not there.
    if let Err(error) = std::fs::metadata(path) {
        return Err(Failure::World(format!("cannot read {}: {error}", path.display())));
    }
    Ok(compile(path, &mut |path| std::fs::read(path)))
}
