//! Why an instance is in the state that it is in: from a program and its rows, top down.

mod attempt;
mod cause;
mod clauses;
mod explain;
mod explanation;
mod facts;
mod instance;
mod json;
mod notation;
mod page;
mod roots;
mod roots_json;
mod roots_text;
mod search;
mod text;
mod tree;
mod views;

pub use attempt::{Attempt, Phase};
pub use cause::Cause;
pub use clauses::readable;
pub use explain::{AskLive, World, explain};
pub use explanation::{
    Asked, Below, ClauseView, Details, Explanation, Failing, InFlight, Limits, Live, NeedGroup,
    Node, Outcome, Proof, Reason, Rest, Several, State, Waiver,
};
pub use facts::ReadRows;
pub use instance::Instance;
pub use json::explanation_json;
pub use roots::{Counts, Root, Roots, find_roots};
pub use roots_json::roots_json;
pub use roots_text::write_roots;
pub use text::write_explanation;
