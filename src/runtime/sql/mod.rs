//! Databases: where they are, how one speaks to PostgreSQL and SQLite, and statements of actions.

mod bind;
mod database;
mod execute;
mod postgres;
mod sqlite;

pub(super) use database::Database;
pub(super) use execute::{Statements, execute};
pub(super) use postgres::{Messages, Server, explain};
pub(super) use sqlite::open_to_read;
