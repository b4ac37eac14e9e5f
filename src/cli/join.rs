//! `join`: a member of a cluster, which works for the process that leads it.

use std::path::PathBuf;

use super::failure::{Failure, Status};
use super::log::{Log, start_log};
use super::workers::read;
use crate::cluster::Listener;
use crate::engine::{keep_quiet_about_lost, take_part};

/// Share the work of another process
///
/// Listens on the address that the cluster's file has for this member, and does its part of the
/// work of a process that is started with --cluster and the same secret. It keeps everything in
/// memory: when the other process is gone it waits for the next one. Ends when it is killed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  owed join two.cluster --member 1
  owed serve my.rules --cluster two.cluster      # where the facts are

A cluster's file:
  secret cluster.secret        # a file beside it, or $NAME
  member 10.0.0.2:7070
  member 10.0.0.3:7070")]
pub(super) struct Arguments {
    /// The cluster's file
    file: PathBuf,
    /// Which of its members this is, counted from 1
    #[arg(long, value_name = "N")]
    member: usize,
    /// How log lines are written, on standard error; RUST_LOG chooses among them
    #[arg(long, value_name = "text|json", value_enum, default_value_t = Log::Text)]
    #[arg(hide_possible_values = true)]
    log: Log,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<Status, Failure> {
    let file = read(&arguments.file)?;
    let members = file.members.len();
    if !(1..=members).contains(&arguments.member) {
        let path = arguments.file.display();
        return Err(Failure::Usage(format!("{path} has members 1 to {members}")));
    }
    start_log(arguments.log);
    keep_quiet_about_lost();
    let mut listener = Listener::open(&file, arguments.member)?;
    loop {
        take_part(listener.wait());
    }
}
