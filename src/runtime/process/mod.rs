//! Checks and actions as processes: what is run, with which words, environment and input; how
//! it is followed, stopped and cleared away; what its output says.

mod answer;
mod arguments;
mod child;
mod environment;
mod guard;
mod launch;
mod output;
mod refused;

pub use answer::{ANSWER_LINES_MAX, BadLine, read_answer};
pub use arguments::{argument_vector, asks_for_parameters};
pub use child::{Ended, Ending, Limits, Stopper, spawn};
pub use environment::{Labels, PASSED_ON, environment};
pub use guard::{Guard, MARK, SUBCOMMAND, keep};
pub use launch::{Job, Launch, standard_input};
pub use output::STDERR_BYTES_MAX;
pub use refused::Refused;
