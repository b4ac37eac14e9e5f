//! The store against the engine, against the past, against changed rules, and against a world
//! that damages, fills and takes away its files. `OWED_SEED` is the first random case,
//! `OWED_CASES` how many there are.

mod random;
mod world;
