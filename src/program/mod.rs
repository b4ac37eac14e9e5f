//! [`Ast`](crate::syntax::ast) to [`Program`]: names are resolved, goals become plain rules,
//! types are inferred, and what cannot be run is refused.

mod atom;
mod binding;
mod build;
mod builtins;
mod check;
mod clause_rules;
mod command;
mod components;
mod definition;
mod draft;
mod emit;
mod expand;
mod expression;
mod facts;
mod goals;
mod lifecycle;
mod names;
mod options;
mod path_pattern;
mod relation_info;
mod resolve;
mod silence;
mod sources;
mod sql_text;
mod states;
mod stratify;
mod suggest;
mod task;
mod termination;
mod typing;
mod unused;
mod url_text;
mod walk;
mod writers;

pub use builtins::function_name;
pub use check::{check, check_text};
pub use components::strongly_connected;
pub use definition::{
    Aggregate, AggregateFunction, Atom, Builtins, Expr, Head, HeadTerm, Literal, Program, Range,
    Rule, Term, Variable, VariableId,
};
pub use expand::expand;
pub use names::Text;
