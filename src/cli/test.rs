//! `test`: scenarios that hold a program to what it should do.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::{Failure, Status};
use super::load::{Loaded, load};
use super::scenario::{BlockOutcome, Outcome, run_loaded};
use super::talk::{self, GREEN, RED, YELLOW, styled};

/// Test a program with scenarios
///
/// A scenario is a text file of blocks with blank lines between them: a comment that says what
/// the block shows, changes as `owed run` takes them, a line `---`, and what is to come of
/// them. `at TIME` moves the clock; `sources` reads the program's sources, whose rows replace
/// those of their relations; `watch REL…` shows the changes of other relations from there on,
/// and without names of none; `list REL` shows a relation's rows; `fresh` begins anew.
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

/// What came of the blocks of all scenarios.
#[derive(Default)]
struct Sums {
    blocks: usize,
    differing: usize,
    rewritten: usize,
    /// Scenarios without blocks.
    empty: usize,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let loaded = load(&arguments.file)?;
    let mut sums = Sums::default();
    let mut out = anstream::stdout().lock();
    for path in &arguments.scenarios {
        let outcome = run_file(&loaded, path, arguments.update)?;
        if outcome.blocks.is_empty() {
            talk::error(&format!("{}: the scenario has no blocks", path.display()));
            sums.empty += 1;
        }
        sums.blocks += outcome.blocks.len();
        for block in &outcome.blocks {
            let report = match (block.is_as_expected(), arguments.update) {
                (true, _) => format!("{}  {}\n", styled(GREEN, "ok"), block.title),
                (false, true) => {
                    sums.rewritten += 1;
                    format!("{}  {}\n", styled(YELLOW, "rewritten"), place(path, block))
                }
                (false, false) => {
                    sums.differing += 1;
                    format!("{}  {}\n{}", styled(RED, "DIFFERS"), place(path, block), block.diff())
                }
            };
            out.write_all(report.as_bytes())?;
            out.flush()?;
            block.warnings.iter().for_each(|warning| talk::warning(warning));
            if arguments.update {
                new_errors(path, block).iter().for_each(|warning| talk::warning(warning));
            }
        }
    }
    out.write_all(sums.in_words().as_bytes())?;
    out.flush()?;
    Ok(if sums.differing + sums.empty == 0 { Status::Done } else { Status::Faulty })
}

impl Sums {
    fn in_words(&self) -> String {
        let blocks = match self.blocks {
            1 => "1 block".to_string(),
            blocks => format!("{blocks} blocks"),
        };
        let verdict = match self {
            Sums { blocks: 0, .. } => styled(RED, "nothing is tested"),
            Sums { differing: 1, .. } => styled(RED, "1 differs"),
            Sums { differing: 2.., .. } => styled(RED, &format!("{} differ", self.differing)),
            Sums { empty: 1.., .. } => styled(RED, "but a scenario has none"),
            Sums { rewritten: 1.., .. } => styled(YELLOW, &format!("{} rewritten", self.rewritten)),
            Sums { .. } => styled(GREEN, "all as expected"),
        };
        format!("{blocks}, {verdict}\n")
    }
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

fn place(path: &Path, block: &BlockOutcome) -> String {
    format!("{}:{}  {}", path.display(), block.line, block.title)
}

/// What is to be said of refused lines that are an expectation from now on: as often as not
/// they are a slip of the pen, and such a block tests nothing.
fn new_errors(path: &Path, block: &BlockOutcome) -> Vec<String> {
    let is_new = |line: &&String| line.starts_with("error:") && !block.expected.contains(line);
    let say = |line: &String| {
        format!("{}:{}: what is expected now is an {line}", path.display(), block.line)
    };
    block.got.iter().filter(is_new).map(say).collect()
}
