//! The front half in one function: text and its includes to a checked program and everything
//! that is wrong with it; and programs with statements of our own on top.

mod extend;
mod includes;
mod unit;

pub use extend::extend;
pub use unit::{Compiled, compile};
