//! The commands, a file each. Results go to standard output, talk to standard error, and the
//! exit code says whether it went well.

mod check;
mod client;
mod clock;
mod command_line;
mod counts;
#[cfg(feature = "crash-points")]
mod crash;
mod data;
mod expand;
mod explain;
mod failure;
mod feeds;
mod given;
mod guard;
mod idle;
mod input;
mod instances;
mod join;
mod load;
mod log;
mod plan;
mod plan_why;
mod profile;
mod profile_json;
mod profile_text;
mod progress;
mod report;
mod report_json;
mod report_text;
mod rule_errors;
mod run;
pub mod scenario;
mod scenario_file;
mod scenario_line;
mod serve;
mod session;
mod sources;
mod store;
mod talk;
mod test;
mod versioned;
mod vocabulary;
mod workers;

pub use command_line::main;
