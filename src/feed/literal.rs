//! Literals of the language as values of the type that a column has.

use super::tokens::Tokens;
use crate::model::{Duration, Float, Type, Value};
use crate::syntax::Token;
use crate::syntax::ast::DurationLiteral;

/// The value of a literal, of the opposite sign if a minus stands before it; `None` where it
/// is not of that type. An int may stand for a float, nothing else is converted.
pub(super) fn value(token: &Token<'_>, is_negative: bool, ty: Type) -> Option<Value> {
    match (ty, token) {
        (Type::Bool, Token::True) if !is_negative => Some(Value::Bool(true)),
        (Type::Bool, Token::False) if !is_negative => Some(Value::Bool(false)),
        (Type::Int, Token::Int(value)) => signed_int(*value, is_negative).map(Value::Int),
        (Type::Float, Token::Int(value)) => float(signed_int(*value, is_negative)? as f64, false),
        (Type::Float, Token::Float(value)) => float(*value, is_negative),
        (Type::Text, Token::Text(value)) if !is_negative => Some(Value::text(value.as_str())),
        (Type::Date, Token::Date(value)) if !is_negative => Some(Value::Date(*value)),
        (Type::Time, Token::Time(value)) if !is_negative => Some(Value::Time(*value)),
        (Type::Duration, Token::Duration(value)) => {
            let length = exact(*value)?.micros();
            let micros = if is_negative { length.checked_neg()? } else { length };
            Some(Value::Duration(Duration::from_micros(micros)))
        }
        _ => None,
    }
}

/// Whether the token is a literal of any type.
pub(super) fn is_literal(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::True
            | Token::False
            | Token::Int(_)
            | Token::Float(_)
            | Token::Text(_)
            | Token::Date(_)
            | Token::Time(_)
            | Token::Duration(_)
    )
}

/// A whole text as a length of time: `1h30m`, or `-1h30m`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut tokens = Tokens::new(text).ok()?;
    let is_negative = tokens.take(&Token::Minus);
    let value = value(&tokens.next()?, is_negative, Type::Duration)?;
    match (value, tokens.next()) {
        (Value::Duration(duration), None) => Some(duration),
        _ => None,
    }
}

fn signed_int(value: i64, is_negative: bool) -> Option<i64> {
    if is_negative { value.checked_neg() } else { Some(value) }
}

fn float(value: f64, is_negative: bool) -> Option<Value> {
    Float::new(if is_negative { -value } else { value }).map(Value::Float)
}

/// Days are of 24 hours here; months have no length.
fn exact(literal: DurationLiteral) -> Option<Duration> {
    match literal.months {
        0 => Duration::from_days(i64::from(literal.days))?
            .checked_add(Duration::from_micros(literal.micros)),
        _ => None,
    }
}
