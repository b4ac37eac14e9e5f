//! How much of the machine's memory the process holds.

mod pages;

pub use pages::{give_back, start_small};
