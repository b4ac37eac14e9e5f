//! A check or action of some instances to a process that could be started.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::arguments::argument_vector;
use super::environment::{Labels, environment};
use super::refused::Refused;
use crate::model::{Column, Command, Row};
use crate::runtime::values::json_object;

/// What is to be run, for whom.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    pub command: &'a Command,
    /// The goal's.
    pub parameters: &'a [Column],
    /// One, or those of a batch.
    pub instances: &'a [Row],
    pub labels: Labels<'a>,
    /// What `env (…)` names.
    pub environment: &'a [String],
    /// Where the rules file lies.
    pub folder: &'a Path,
}

/// A process with everything filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// With a `/` it is a path from the root, else a name that `PATH` finds.
    pub program: OsString,
    pub arguments: Vec<String>,
    /// All of it.
    pub environment: Vec<(OsString, OsString)>,
    pub folder: PathBuf,
    /// Standard input.
    pub input: Vec<u8>,
}

impl Launch {
    /// Fills everything in.
    ///
    /// # Errors
    /// If a value may not go where the rule puts it.
    pub fn new(job: &Job<'_>) -> Result<Launch, Refused> {
        let Job { command, parameters, instances, labels, environment: named, folder } = *job;
        let folder = std::path::absolute(match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        })
        .map_err(|error| Refused::because(format!("the rules file lies nowhere: {error}")))?;
        // Only a shell has another way to its values than words and input.
        let in_environment = if command.shell { parameters } else { &[] };
        let mut words = argument_vector(command, parameters, instances)?.into_iter();
        let program = words.next().unwrap_or_default();
        Ok(Launch {
            program: match program.contains('/') {
                true => folder.join(program).into(),
                false => program.into(),
            },
            arguments: words.collect(),
            environment: environment(labels, named, in_environment, instances)?,
            folder,
            input: standard_input(parameters, instances),
        })
    }
}

impl Launch {
    /// The program's file, which is found as a shell finds it.
    ///
    /// # Errors
    /// If no folder of `PATH` has it.
    pub(super) fn find_program(&self) -> Result<PathBuf, String> {
        let program = Path::new(&self.program);
        if program.as_os_str().as_bytes().contains(&b'/') {
            return Ok(program.to_path_buf());
        }
        let of_name = |(name, _): &&(OsString, OsString)| name == "PATH";
        let path = self.environment.iter().rev().find(of_name);
        let folders = path.map(|(_, folders)| env::split_paths(folders));
        let mut files =
            folders.into_iter().flatten().map(|one| self.folder.join(one).join(program));
        files
            .find(|file| is_executable(file))
            .ok_or_else(|| format!("cannot start {}: no folder of PATH has it", program.display()))
    }
}

/// For somebody, at least: whether for us, is seen when it is started.
fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Each instance's parameters as a JSON object on a line of its own.
pub fn standard_input(parameters: &[Column], instances: &[Row]) -> Vec<u8> {
    let mut lines = String::new();
    for instance in instances {
        lines.push_str(&json_object(parameters, instance).to_string());
        lines.push('\n');
    }
    lines.into_bytes()
}
