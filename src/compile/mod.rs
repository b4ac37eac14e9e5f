//! The front half in one function: text and its includes to a checked program and everything
//! that is wrong with it; and programs with statements of our own on top.

mod includes;
mod unit;

pub use unit::{Compiled, Loaded, compile};
