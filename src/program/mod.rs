//! [`Ast`](crate::syntax::ast) to [`Program`]: names are resolved, goals become plain rules,
//! types are inferred, and what cannot be run is refused.

mod components;
mod definition;

pub use components::strongly_connected;
pub use definition::{
    Aggregate, AggregateFunction, Atom, Builtins, Expr, Head, HeadTerm, Literal, Program, Range,
    Rule, Term, Variable, VariableId,
};
