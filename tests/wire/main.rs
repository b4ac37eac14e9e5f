//! What goes over the wire: sources by SQL, and actions and checks by SQL and HTTP, with a real
//! PostgreSQL where it is installed, files of SQLite, and a small HTTP server of the tests' own.

mod database;
mod http;
mod listen;
mod postgres_source;
mod serve;
mod sqlite_source;
mod web;
mod world;

#[path = "../postgres/mod.rs"]
mod postgres;
