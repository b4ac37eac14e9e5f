//! Text to [`ast`] and back: the lexer, the parser that recovers at full stops and braces,
//! and the printer.

pub mod ast;
mod complaint;
mod hint;
mod lexer;
mod nesting;
mod number;
mod parser;
mod printer;
mod printer_expr;
mod quoted;
mod slip;
mod starts;
mod token;

pub use lexer::{Lexer, lex};
pub use parser::parse;
pub use printer::{print, print_clause, print_rule, print_statement};
pub use printer_expr::{print_call, print_expr, print_literal};
pub use token::{Spanned, Token};
