//! `test`: scenarios that hold a program to what it should do.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::{Failure, Status};
use super::load::{Loaded, load};
use super::scenario::{BlockOutcome, Outcome, run_loaded};
use super::talk::{self, GREEN, RED, styled};

/// Test a program with scenarios
///
/// A scenario is a text file of blocks with blank lines between them: a comment that says what
/// the block shows, changes as `owed run` takes them, a line `---`, and what is to come of
/// them. `at TIME` moves the clock; `sources` reads the program's sources; `watch REL…` shows
/// other relations from there on; `list REL` shows a relation's rows; `fresh` begins anew.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A block of a scenario:
  // A campaign that is new needs its files.
  at 2026-03-26T00:00Z
  +campaign(\"1001\")
  ---
  +results.missing(\"1001\", 2026-03-25)

Example:
  owed test rules/campaigns.rules rules/campaigns.test

Exit codes: 0 all is as expected, 1 error or a difference, 64 wrong usage.")]
pub(super) struct Arguments {
    /// The rules file
    file: PathBuf,
    /// The scenarios
    #[arg(required = true, value_name = "SCENARIO")]
    scenarios: Vec<PathBuf>,
    /// Write what comes of the blocks into the scenarios as what is expected
    #[arg(long)]
    update: bool,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let loaded = load(&arguments.file)?;
    let mut blocks = 0;
    let mut failed = 0;
    let mut out = anstream::stdout().lock();
    for path in &arguments.scenarios {
        let outcome = run_file(&loaded, path, arguments.update)?;
        blocks += outcome.blocks.len();
        for block in &outcome.blocks {
            let is_as_expected = arguments.update || block.is_as_expected();
            failed += usize::from(!is_as_expected);
            out.write_all(report(path, block, is_as_expected).as_bytes())?;
            out.flush()?;
            block.warnings.iter().for_each(|warning| talk::warning(warning));
        }
    }
    let summary = match failed {
        0 => format!("{blocks} blocks, {}\n", styled(GREEN, "all as expected")),
        _ => format!("{blocks} blocks, {}\n", styled(RED, &format!("{failed} differ"))),
    };
    out.write_all(summary.as_bytes())?;
    out.flush()?;
    Ok(if failed == 0 { Status::Done } else { Status::Faulty })
}

fn run_file(loaded: &Loaded, path: &Path, is_update: bool) -> Result<Outcome, Failure> {
    let cannot = |verb: &str, error: std::io::Error| {
        Failure::World(format!("cannot {verb} {}: {error}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| cannot("read", error))?;
    let outcome = run_loaded(loaded, &text, 1);
    if is_update && outcome.rewritten != text {
        std::fs::write(path, &outcome.rewritten).map_err(|error| cannot("write", error))?;
    }
    Ok(outcome)
}

fn report(path: &Path, block: &BlockOutcome, is_as_expected: bool) -> String {
    match is_as_expected {
        true => format!("{}  {}\n", styled(GREEN, "ok"), block.title),
        false => format!(
            "{}  {}:{}  {}\n{}",
            styled(RED, "DIFFERS"),
            path.display(),
            block.line,
            block.title,
            block.diff()
        ),
    }
}
