//! Text to [`ast`] and back: the lexer, the parser that recovers at full stops and braces,
//! and the printer.

pub mod ast;
mod complaint;
mod lexer;
mod nesting;
mod number;
mod parser;
mod quoted;
mod slip;
mod starts;
mod token;

pub use lexer::{Lexer, lex};
pub use parser::parse;
pub use token::{Spanned, Token};
