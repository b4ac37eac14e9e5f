//! Changes as text, in and out: lines of facts or of JSON become typed changes and
//! transactions, deltas become lines again, and tables of CSV or JSON become rows. Whatever
//! the bytes, nothing here panics; what cannot be read is refused with its reason.

mod attempt;
mod batcher;
mod cell;
mod columns;
mod json;
mod line;
mod lines;
mod literal;
mod mistake;
mod submission;
mod table;
mod text;
mod tokens;
mod upkeep;
mod vocabulary;
mod writer;

pub use batcher::{Batcher, Event, TRANSACTION_CHANGES_MAX};
pub use cell::from_cell as parse_cell;
pub use cell::shortened;
pub use line::{Line, parse_line};
pub use lines::{LINE_BYTES_MAX, Lines, RawLine};
pub use mistake::{Mistake, nearest};
pub use submission::{Looked, Report, ReportedOutcome, Submission};
pub use table::{TableError, read_csv, read_jsonl};
pub use text::parse_pattern;
pub use vocabulary::{OverSources, Vocabulary};
pub use writer::{
    Format, Sign, json_row, json_value, write_changes, write_delta, write_echo, write_fact,
};
