//! The loop, and the world around it: checks and actions as processes, sources, the clock.

mod counts;
mod prelude;
pub mod process;
mod sources;

pub use counts::{CountedGoal, counted_goals, counting_rules, free_prefix, number_of};
pub use prelude::{Prelude, sourced, with_prelude};
pub use sources::{read_source, replacement};
