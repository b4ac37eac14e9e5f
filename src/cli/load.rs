//! A rules file to a program, with everything said that is wrong with it.

use std::path::Path;

use super::failure::Failure;
use super::talk;
use crate::compile::{Compiled, compile};
use crate::diagnostic::render_text;

pub(super) use crate::compile::Loaded;

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
