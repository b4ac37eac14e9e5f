//! The scalar functions of expressions: which there are, what each means over values, and the
//! ranges that `x in a..b` walks.

mod apply;
mod arithmetic;
mod calendar;
mod definition;
mod range;
mod stable_hash;
mod text;

pub use definition::{Comparison, Function, NoValue};
pub use range::{RangeStep, RangeValues, range_contains, range_values};
pub use stable_hash::stable_hash;
