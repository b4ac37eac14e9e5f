#![doc = include_str!("ARCHITECTURE.md")]

pub mod cli;
pub mod cluster;
pub mod compile;
pub mod diagnostic;
pub mod engine;
pub mod feed;
pub mod memory;
pub mod model;
pub mod plan;
pub mod program;
pub mod reconcile;
pub mod runtime;
pub mod server;
pub mod store;
pub mod syntax;
pub mod why;
