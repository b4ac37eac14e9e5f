//! `store`: looking after the folder in which a server keeps its facts.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::data::Data;
use super::failure::{Failure, Status};
use super::talk::{self, GREEN, RED, styled};
use crate::store::{ExportFormat, Reader, Verdict};

/// Check, copy or export the facts that a server keeps
///
/// All of it only reads, and may be done beside a running server: each command sees one state,
/// whatever is written meanwhile.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed store verify
  owed store snapshot --data /var/lib/owed backup.db
  owed store export facts --format jsonl

A snapshot is a store again: put it into a folder of its own under the name
owed.db. The tables can be read by anybody: sqlite3 owed-data/owed.db.

Exit codes: 0 done, 1 error or a store that is damaged, 64 wrong usage.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read everything, and hold it against itself: pages, facts, and the whole history
    Verify {
        #[command(flatten)]
        data: Data,
    },
    /// Write a copy of the whole store, history and all, to a new file
    Snapshot {
        /// The file, which must not be there yet
        file: PathBuf,
        #[command(flatten)]
        data: Data,
    },
    /// Write the facts to files that a source can read, one for each relation
    Export {
        /// The folder, which is made if it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[command(flatten)]
        data: Data,
        /// What the files look like
        #[arg(long, value_name = "csv|jsonl", value_enum, default_value_t = Format::Csv)]
        #[arg(hide_possible_values = true)]
        format: Format,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    match &arguments.command {
        Command::Verify { data } => verify(&data.folder()),
        Command::Snapshot { file, data } => snapshot(&data.folder(), file),
        Command::Export { folder, data, format } => export(&data.folder(), folder, *format),
    }
}

fn verify(data: &Path) -> Result<Status, Failure> {
    let verdict = Reader::open(data)?.verify()?;
    let mut out = anstream::stdout().lock();
    if verdict.faults.is_empty() {
        writeln!(out, "{}: {}", styled(GREEN, "sound"), contents(&verdict))?;
        out.flush()?;
        return Ok(Status::Done);
    }
    for fault in &verdict.faults {
        writeln!(out, "{}: {fault}", styled(RED, "damaged"))?;
    }
    out.flush()?;
    talk::error(&format!(
        "the store {} is damaged; keep a copy of it, and go back to a snapshot, or save with \
         `owed store export` what can still be read",
        data.display()
    ));
    Ok(Status::Faulty)
}

fn contents(verdict: &Verdict) -> String {
    let mut text = format!(
        "{}, {}, {}",
        counted(verdict.relations, "relation"),
        counted(verdict.facts, "fact"),
        counted(verdict.transactions, "transaction"),
    );
    if let Some(since) = verdict.since {
        text += &format!(" since {since}");
    }
    if let Some(forgotten) = verdict.forgotten {
        text += &format!(" (what was before {forgotten} is forgotten)");
    }
    if verdict.set_aside > 0 {
        let facts = counted(verdict.set_aside, "fact");
        text += &format!("; {facts} set aside in the table owed_set_aside");
    }
    text
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn snapshot(data: &Path, file: &Path) -> Result<Status, Failure> {
    Reader::open(data)?.snapshot(file)?;
    writeln!(anstream::stdout(), "wrote {}", file.display())?;
    Ok(Status::Done)
}

fn export(data: &Path, folder: &Path, format: Format) -> Result<Status, Failure> {
    let format = match format {
        Format::Csv => ExportFormat::Csv,
        Format::Jsonl => ExportFormat::Jsonl,
    };
    let exported = Reader::open(data)?.export(folder, format)?;
    let mut out = anstream::stdout().lock();
    for one in &exported {
        match &one.file {
            Some(file) => {
                writeln!(out, "wrote {}: {}", file.display(), counted(one.rows, "row"))?;
            }
            None => talk::warning(&format!(
                "relation \"{}\" has no columns, so that csv cannot say whether it has its row; \
                 take --format jsonl",
                one.relation
            )),
        }
    }
    out.flush()?;
    Ok(Status::Done)
}
