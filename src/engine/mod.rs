//! [`Plan`](crate::plan::Plan) to differential dataflow: transactions in, consolidated deltas
//! out. The only room that names timely or differential. Rows travel as machine words; their
//! layout is this room's secret.

mod aggregate;
mod arrange;
mod census;
mod clock;
mod code;
mod coding;
mod context;
mod crew;
mod dictionary;
mod errors;
mod facts;
mod generator;
mod host;
mod lane;
mod meter;
mod nested;
mod pipeline;
mod question;
mod render;
mod stream;
mod tally;
mod temporal;
mod words;

pub use facts::Refused;
pub use host::{Engine, Limits};
