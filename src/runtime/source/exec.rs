//! Commands that print a relation: CSV with a header, or JSON lines.

use std::env;
use std::io::Cursor;
use std::time::Duration;

use super::error::SourceError;
use super::place::Place;
use super::read::Reading;
use super::secret::fill_in;
use crate::feed::{read_csv, read_jsonl};
use crate::model::{Command, Relation, Source};
use crate::runtime::process::{Ended, Ending, Job, Labels, Launch, Limits, spawn};

/// The rows that a command prints. It may take as long as its source says, or a minute.
pub(super) async fn exec(
    command: &Command,
    source: &Source,
    relation: &Relation,
    place: &Place,
) -> Result<Reading, SourceError> {
    let read = run(command, source, relation, place).await;
    read.map_err(|error| without_secrets(&source.environment, error))
}

/// What a command says of the variables that were named for it, is not shown.
fn without_secrets(environment: &[String], error: SourceError) -> SourceError {
    let is_set = |name: &&String| env::var(name).is_ok();
    let names = environment.iter().filter(is_set).map(|name| format!("${name}"));
    match fill_in(&names.collect::<Vec<String>>().join(" ")) {
        Ok(filled) => filled.error(error.reason()),
        Err(_) => error,
    }
}

async fn run(
    command: &Command,
    source: &Source,
    relation: &Relation,
    place: &Place,
) -> Result<Reading, SourceError> {
    let labels = Labels { source: Some(&relation.name), ..Labels::default() };
    let environment = &source.environment;
    let job = Job {
        command,
        parameters: &[],
        instances: &[],
        labels,
        environment,
        folder: place.folder(),
    };
    let launch = Launch::new(&job).map_err(|refused| SourceError::new(refused.to_string()))?;
    let guard = place.guard();
    let guard =
        guard.map_err(|error| SourceError::new(format!("cannot start the guard: {error}")))?;
    let (stopper, end) = spawn(launch, Limits::default(), guard);
    let mut end = std::pin::pin!(end);
    let timeout = source.timeout.and_then(|timeout| timeout.to_std()).unwrap_or(TIMEOUT);
    let ended = match tokio::time::timeout(timeout, &mut end).await {
        Ok(ended) => ended,
        Err(_) => {
            stopper.stop();
            let ended = end.await;
            let why = format!("it took longer than {}", seconds(timeout));
            return Err(SourceError::new(with_complaint(why, &ended)));
        }
    };
    let output = printed(ended)?;
    let relation = relation.clone();
    let parsed = tokio::task::spawn_blocking(move || parse(&output, &relation)).await;
    parsed.unwrap_or_else(|error| Err(SourceError::new(error.to_string())))
}

/// What was printed, if it ended well.
fn printed(ended: Ended) -> Result<Vec<u8>, SourceError> {
    let why = match &ended.ending {
        Ending::Exited(0) => return Ok(ended.stdout),
        Ending::Exited(code) => format!("exit {code}"),
        Ending::Killed(signal) => format!("ended by {signal}"),
        Ending::NotStarted(why) => why.clone(),
        Ending::Flooded { bytes_max } => {
            format!("it printed more than {bytes_max} bytes, and was killed")
        }
    };
    Err(SourceError::new(with_complaint(why, &ended)))
}

fn with_complaint(why: String, ended: &Ended) -> String {
    match ended.last_line() {
        Some(line) => format!("{why}: {line}"),
        None => why,
    }
}

/// JSON lines if it begins as an object does; who prints nothing has no rows.
fn parse(output: &[u8], relation: &Relation) -> Result<Reading, SourceError> {
    let first = output.iter().find(|byte| !byte.is_ascii_whitespace());
    let rows = match first {
        None => Ok(Vec::new()),
        Some(b'{') => read_jsonl(Cursor::new(output), relation),
        Some(_) => read_csv(Cursor::new(output), relation),
    };
    rows.map(Reading::of).map_err(|error| SourceError::new(error.to_string()))
}

fn seconds(timeout: Duration) -> String {
    match timeout.as_millis() {
        millis if millis % 1_000 == 0 => format!("{}s", timeout.as_secs()),
        millis => format!("{millis}ms"),
    }
}

/// How long a command may take that nobody gave a time.
const TIMEOUT: Duration = Duration::from_secs(60);
