//! The nouns that every room shares: values and their types, relations, facts and
//! transactions, civil and absolute time, scalar functions, and the options of goals.

mod author;
mod braces;
mod crash_point;
mod exact_sum;
mod function;
mod goal;
mod schema;
mod task;
mod time;
mod time_text;
mod transaction;
mod value;

pub use author::{Author, AuthorKind};
pub use braces::{Braced, braced};
pub use crash_point::crash_point;
#[cfg(feature = "crash-points")]
pub use crash_point::{CRASH_POINTS, watch_crash_points};
pub use exact_sum::ExactSum;
pub use function::{
    Comparison, Function, NoValue, RangeStep, RangeValues, range_contains, range_values,
    stable_hash,
};
pub use goal::{Action, Check, Goal, Need, Pool, PoolUse, Rate};
pub use schema::{Column, Relation, RelationId, RelationKind, Schema, Source, SourceKind};
pub use task::{Command, HttpTask, JsonQuotes, Method, Piece, SqlTask, Task, Template};
pub use time::{CalendarSpan, Date, Duration, Timestamp, Zone};
pub use time_text::NotATime;
pub use transaction::{Change, Delta, RelationDelta, Revision, Row, Transaction};
pub use value::{Float, Type, Value};
