//! The feeds that a command line names, one after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::sync::Arc;

use super::failure::Failure;
use crate::feed::{Lines, RawLine};

/// A feed that is open.
pub(super) struct Feed {
    name: Arc<FeedName>,
    lines: Lines<Box<dyn BufRead + Send>>,
}

/// What messages call a feed.
#[derive(Debug)]
pub(super) enum FeedName {
    StandardInput,
    File(PathBuf),
}

/// Opens all of them, so that what is not there is said before anything is read. `-` is
/// standard input.
pub(super) fn open_all(paths: &[PathBuf]) -> Result<Vec<Feed>, Failure> {
    paths.iter().map(open).collect()
}

fn open(path: &PathBuf) -> Result<Feed, Failure> {
    if path.as_os_str() == "-" {
        let input: Box<dyn BufRead + Send> = Box::new(BufReader::new(io::stdin()));
        return Ok(Feed { name: Arc::new(FeedName::StandardInput), lines: Lines::new(input) });
    }
    let name = FeedName::File(path.clone());
    let file = File::open(path).map_err(|error| cannot_read(&name, &error))?;
    let input: Box<dyn BufRead + Send> = Box::new(BufReader::new(file));
    Ok(Feed { name: Arc::new(name), lines: Lines::new(input) })
}

impl Feed {
    /// The next line; `None` at the end.
    pub(super) fn read(&mut self) -> Result<Option<RawLine>, Failure> {
        self.lines.read().map_err(|error| cannot_read(&self.name, &error))
    }

    /// What messages call it.
    pub(super) fn name(&self) -> &Arc<FeedName> {
        &self.name
    }
}

impl FeedName {
    /// The feed as a whole.
    pub(super) fn title(&self) -> String {
        match self {
            FeedName::File(path) => path.display().to_string(),
            FeedName::StandardInput => "standard input".to_string(),
        }
    }

    /// A line of it.
    pub(super) fn place(&self, number: u64) -> String {
        match self {
            FeedName::File(path) => format!("{}:{number}", path.display()),
            FeedName::StandardInput => format!("line {number}"),
        }
    }
}

fn cannot_read(name: &FeedName, error: &io::Error) -> Failure {
    Failure::World(format!("cannot read {}: {error}", name.title()))
}
