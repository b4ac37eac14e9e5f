//! Text to [`ast`] and back: the lexer, the parser that recovers at full stops and braces,
//! and the printer.

pub mod ast;
