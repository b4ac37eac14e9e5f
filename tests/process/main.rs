//! Commands as real processes: what is executed, what of it is refused, and how it ends. The
//! scripts are written to a folder of each test; nothing waits but for what is to happen, and
//! for that no longer than a limit.

mod answers;
#[path = "../common/golden.rs"]
mod golden;
mod guarding;
mod launching;
mod running;
mod world;
