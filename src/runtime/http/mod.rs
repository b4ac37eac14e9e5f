//! Requests of checks and actions: what is sent, and what an answer means.

mod answer;
mod client;
mod request;

pub(super) use answer::{For, send};
pub(super) use client::Client;
pub(super) use request::{Asked, Outgoing};
