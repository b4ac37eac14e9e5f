//! `check`: what is wrong with a rules file.

use std::io::Write;
use std::path::PathBuf;

use super::command_line::Output;
use super::failure::{Failure, Status};
use super::load::compile_file;
use super::talk;
use crate::diagnostic::{Diagnostic, render_json, render_text};

/// Show every mistake in a rules file
///
/// Each with its place and what to do about it. Exits with 1 if there is an error; warnings
/// alone are no errors.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  owed check rules/campaigns.rules")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    /// How mistakes are written; `json` is one object a line, for editors
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Output::Text)]
    #[arg(hide_possible_values = true)]
    output: Output,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let compiled = compile_file(&arguments.file)?;
    let (diagnostics, sources) = (&compiled.diagnostics, &compiled.sources);
    let text = match arguments.output {
        Output::Text => render_text(diagnostics, sources, talk::output_look()),
        Output::Json => render_json(diagnostics, sources),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    let errors = diagnostics.iter().filter(|one| one.is_error()).count();
    let warnings = diagnostics.len() - errors;
    if arguments.output == Output::Text {
        talk::plain(&summary(&arguments.file.display().to_string(), errors, warnings));
    }
    match diagnostics.iter().any(Diagnostic::is_error) {
        true => Ok(Status::Faulty),
        false => Ok(Status::Done),
    }
}

fn summary(file: &str, errors: usize, warnings: usize) -> String {
    let count = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    match (errors, warnings) {
        (0, 0) => format!("{file}: {}\n", talk::styled(talk::GREEN, "no mistakes")),
        (0, _) => format!("{file}: {}\n", count(warnings, "warning")),
        (_, 0) => format!("{file}: {}\n", count(errors, "error")),
        _ => format!("{file}: {}, {}\n", count(errors, "error"), count(warnings, "warning")),
    }
}
