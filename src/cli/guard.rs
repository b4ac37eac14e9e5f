//! `guard`: what a server starts beside itself. Nobody types it.

use std::io;

use super::failure::{Failure, Status};
use crate::runtime::process::keep;

/// Runs it: standard input is the server's pipe.
pub(super) fn run() -> Result<Status, Failure> {
    keep(io::stdin().lock())?;
    Ok(Status::Done)
}
