//! Commands that talk to a running server: each connects, asks, and writes what comes back.

mod bulk;
mod connection;
mod history;
mod list;
mod status;
mod tell;
mod wait;
mod watch;
mod why;

pub(super) use bulk::{Pause, Resume, Retry, Waive, pause, resume, retry, waive};
pub(super) use connection::socket_in;
pub(super) use history::{History, history};
pub(super) use list::{List, list};
pub(super) use status::{StatusOf, status};
pub(super) use tell::{Tell, tell};
pub(super) use wait::{Wait, wait};
pub(super) use watch::{Watch, watch};
pub(super) use why::{Why, why};
