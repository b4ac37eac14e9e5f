//! A bound on how deep an expression may go, so that whoever walks the tree recursively needs
//! no care: `((((…` and `1 + 1 + 1 + …` are refused before they become one.

use super::token::{Spanned, Token};
use crate::diagnostic::Diagnostic;

/// The deepest tree of expressions that is built.
const DEPTH_MAX: usize = 128;

/// An error where the tree of these tokens would be too deep.
pub(super) fn check(tokens: &[Spanned<'_>]) -> Option<Diagnostic> {
    // For each open parenthesis, one and the operators in it since the last comma. No tree is
    // deeper than their sum.
    let mut levels = vec![1_usize];
    let mut depth = 1;
    for spanned in tokens {
        let innermost = levels.len() - 1;
        match spanned.token {
            Token::ParenOpen => {
                levels.push(1);
                depth += 1;
            }
            Token::ParenClose if innermost > 0 => depth -= levels.pop().unwrap_or(0),
            Token::Comma | Token::When => {
                depth -= levels[innermost] - 1;
                levels[innermost] = 1;
            }
            Token::Plus
            | Token::PlusPlus
            | Token::Minus
            | Token::Star
            | Token::Slash
            | Token::Percent => {
                levels[innermost] += 1;
                depth += 1;
            }
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Some(
                Diagnostic::error("this expression is nested too deeply", spanned.span)
                    .hint("Bind a part of it to a variable first: `x = …`."),
            );
        }
    }
    None
}
