//! The store against the engine, against the past, against changed rules, and against a world
//! that damages, fills and takes away its files. `OWED_SEED` is the first random case,
//! `OWED_CASES` how many there are.

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod damage;
mod disk;
mod keepers;
mod random;
mod reading;
mod retention;
mod rules;
mod tables;
mod world;
