//! A second reading of the language: from a checked program, the facts given, and the moment,
//! all relations from nothing. It is slow and simple, and shares no code with the planner and
//! the engine, so that one can be held against the other.

mod aggregate;
mod evaluate;
mod facts;
mod rule;

pub use evaluate::{Model, evaluate};
pub use facts::Facts;
