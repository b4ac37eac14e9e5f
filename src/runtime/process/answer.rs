//! What a check or action prints, as one transaction.

use thiserror::Error;

use crate::feed::{
    Batcher, Event, Line, Lines, Mistake, RawLine, Submission, Vocabulary, parse_line, shortened,
};
use crate::model::Value;

/// More lines than this are refused.
pub const ANSWER_LINES_MAX: u64 = 1_000_000;

/// A line that makes the run fail. Nothing of its output is used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {number} of its output{shown}: {reason}")]
pub struct BadLine {
    /// Counted from 1.
    pub number: u64,
    /// `, "…"`: the line in quotes, cut if it is long; nothing if it is not text.
    shown: String,
    /// Why it is bad, and what was expected.
    pub reason: String,
}

/// Everything that an output says; `begin` and `commit` in it make no difference. The vocabulary
/// is that of the goal whose check or action printed it.
///
/// # Errors
/// The first line that is bad; also one that asks for an answer, for nobody would read it.
pub fn read_answer(output: &[u8], vocabulary: &Vocabulary<'_>) -> Result<Submission, BadLine> {
    let mut lines = Lines::new(output);
    let mut batcher = Batcher::default();
    let mut all = Submission::default();
    let mut last = RawLine { number: 0, text: Ok(String::new()) };
    while let Some(raw) = lines.read().expect("memory can be read") {
        last = raw;
        match take(&last, &mut batcher, vocabulary) {
            Ok(Some(Event::Transaction(one))) => all.append(one),
            Ok(Some(Event::At(_) | Event::Echo(_)) | None) => {}
            Err(mistake) => return Err(bad(&last, mistake)),
        }
    }
    match batcher.finish() {
        Ok(()) => Ok(all),
        Err(mistake) => Err(bad(&last, mistake)),
    }
}

fn take(
    raw: &RawLine,
    batcher: &mut Batcher,
    vocabulary: &Vocabulary<'_>,
) -> Result<Option<Event>, Mistake> {
    if raw.number > ANSWER_LINES_MAX {
        return Err(Mistake::new(format!("more than {ANSWER_LINES_MAX} lines")));
    }
    let text = raw.text.as_ref().map_err(Clone::clone)?;
    let line = parse_line(text, vocabulary).and_then(refuse_echo);
    batcher.push(raw.number, line)
}

fn refuse_echo(line: Line) -> Result<Line, Mistake> {
    match line {
        Line::Echo(_) => Err(Mistake::new("\"echo\" asks for an answer, and nobody would read it")),
        other => Ok(other),
    }
}

/// The line between quotes, so that control characters show; one without a text is not shown.
fn bad(raw: &RawLine, mistake: Mistake) -> BadLine {
    let shown = match &raw.text {
        Ok(text) => format!(", {}", shortened(&Value::text(text.as_str()).to_string())),
        Err(_) => String::new(),
    };
    // Names in it may be as long as the line.
    let reason = match mistake.to_string() {
        long if long.chars().count() > REASON_CHARS_MAX => {
            let cut: String = long.chars().take(REASON_CHARS_MAX).collect();
            format!("{cut}…")
        }
        short => short,
    };
    BadLine { number: raw.number, shown, reason }
}

/// A longer reason is cut.
const REASON_CHARS_MAX: usize = 400;
