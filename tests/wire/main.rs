//! What goes over the wire: sources by SQL, and actions and checks by SQL and HTTP, with a real
//! PostgreSQL where it is installed, files of SQLite, and a small HTTP server of the tests' own.
//! And Parquet and object stores, if the program is built for them.

mod database;
mod http;
mod listen;
mod objects_source;
mod parquet_source;
mod postgres_source;
mod serve;
mod sqlite_source;
mod web;
mod world;

#[path = "../postgres/mod.rs"]
mod postgres;
