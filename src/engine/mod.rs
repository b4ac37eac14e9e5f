//! [`Plan`](crate::plan::Plan) to what it derives: transactions in, consolidated deltas out. Rows
//! travel as machine words, in batches; their layout is this room's secret.

mod aggregate;
mod authority;
mod batch;
mod census;
mod clock;
mod code;
mod coding;
mod context;
mod count;
mod crew;
mod dictionary;
mod errors;
mod facts;
mod flow;
mod generator;
mod host;
mod index;
mod inner;
mod lane;
mod letter;
mod looped;
mod lost;
mod marks;
mod matching;
mod meter;
mod pipeline;
mod post;
mod profile;
mod profiler;
mod question;
mod remote;
mod shelves;
mod state;
mod table;
mod tally;
mod temporal;
mod words;
mod work;

pub use crew::Workers;
pub use facts::Refused;
pub use host::{Engine, Limits};
pub use lost::keep_quiet_about_lost;
pub use profile::{Cost, Profile};
pub use profiler::Stopwatch;
pub use remote::{Task, take_part};
