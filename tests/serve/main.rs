//! `owed serve` from outside: real processes, files and time. Each test has a copy of
//! `rules/live` in a folder of its own, with its clock wound faster, and waits for what is to
//! happen, never longer than a limit.

mod clock;
mod cluster;
mod ends;
mod hands;
mod judging;
mod polling;
mod readme;
mod rules;
mod socket;
mod sources;
mod story;
mod trouble;
mod watching;
mod world;
