//! The tokens of a rules file and of a feed. Only six words are reserved; all others are
//! names, and the grammar says where one of them means something.

use std::fmt;

use super::ast::DurationLiteral;
use crate::diagnostic::Span;
use crate::model::{Date, Timestamp};

/// One token; names borrow from the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'a> {
    /// A name without dots.
    Name(&'a str),
    /// `goal.relation`: one name.
    Dotted(&'a str),
    Int(i64),
    Float(f64),
    /// Its escapes resolved.
    Text(String),
    Date(Date),
    Time(Timestamp),
    Duration(DurationLiteral),
    /// The text after `///`, without one leading space.
    Doc(&'a str),
    True,
    False,
    Not,
    In,
    Now,
    /// `_`
    Wildcard,
    ParenOpen,
    ParenClose,
    BraceOpen,
    BraceClose,
    Comma,
    Colon,
    /// `:-`
    When,
    /// The full stop that ends a statement or clause.
    Stop,
    /// `..`
    Range,
    /// `..=`
    RangeInclusive,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    PlusPlus,
    Minus,
    Star,
    Slash,
    Percent,
    /// Something that is no token; a diagnostic has said so already.
    Invalid,
}

/// A token and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<'a> {
    pub token: Token<'a>,
    pub span: Span,
}

/// As messages name it: symbols and names in backticks, literals by their kind.
impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Name(text) | Token::Dotted(text) => write!(f, "`{text}`"),
            Token::Int(value) => write!(f, "`{value}`"),
            Token::Float(value) => write!(f, "`{value:?}`"),
            Token::Text(_) => f.write_str("a text"),
            Token::Date(date) => write!(f, "`{date}`"),
            Token::Time(_) => f.write_str("a time"),
            Token::Duration(_) => f.write_str("a duration"),
            Token::Doc(_) => f.write_str("`///`"),
            Token::Invalid => f.write_str("something unreadable"),
            other => write!(f, "`{}`", other.symbol()),
        }
    }
}

impl Token<'_> {
    /// Whether it is a word that is never a name.
    pub fn is_reserved(&self) -> bool {
        matches!(
            self,
            Token::True | Token::False | Token::Not | Token::In | Token::Now | Token::Wildcard
        )
    }

    /// How a token that is always written in one way is written; empty for all others.
    pub fn symbol(&self) -> &'static str {
        match self {
            Token::True => "true",
            Token::False => "false",
            Token::Not => "not",
            Token::In => "in",
            Token::Now => "now",
            Token::Wildcard => "_",
            Token::ParenOpen => "(",
            Token::ParenClose => ")",
            Token::BraceOpen => "{",
            Token::BraceClose => "}",
            Token::Comma => ",",
            Token::Colon => ":",
            Token::When => ":-",
            Token::Stop => ".",
            Token::Range => "..",
            Token::RangeInclusive => "..=",
            Token::Equal => "=",
            Token::NotEqual => "!=",
            Token::Less => "<",
            Token::LessOrEqual => "<=",
            Token::Greater => ">",
            Token::GreaterOrEqual => ">=",
            Token::Plus => "+",
            Token::PlusPlus => "++",
            Token::Minus => "-",
            Token::Star => "*",
            Token::Slash => "/",
            Token::Percent => "%",
            Token::Name(_)
            | Token::Dotted(_)
            | Token::Int(_)
            | Token::Float(_)
            | Token::Text(_)
            | Token::Date(_)
            | Token::Time(_)
            | Token::Duration(_)
            | Token::Doc(_)
            | Token::Invalid => "",
        }
    }
}
