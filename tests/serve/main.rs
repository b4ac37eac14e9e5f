//! `owed serve` from outside: real processes, files and time. Each test has a copy of
//! `rules/live` in a folder of its own, with its clock wound faster, and waits for what is to
//! happen, never longer than a limit.

mod cluster;
mod ends;
mod hands;
mod readme;
mod rules;
mod socket;
mod sources;
mod story;
mod trouble;
mod world;
