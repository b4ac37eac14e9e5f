//! Scalars and their static types.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Date, Duration, Timestamp};

/// The static type of a column or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Type {
    Bool,
    /// 64 bits, signed.
    Int,
    /// 64 bits, finite, totally ordered.
    Float,
    Text,
    /// A civil date.
    Date,
    /// An instant, in microseconds, UTC.
    Time,
    /// An exact length of time, in microseconds.
    Duration,
}

impl Type {
    /// Every type, in the order of the language reference.
    pub const ALL: [Type; 7] =
        [Type::Bool, Type::Int, Type::Float, Type::Text, Type::Date, Type::Time, Type::Duration];

    /// The word for this type in a rules file.
    pub fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Float => "float",
            Type::Text => "text",
            Type::Date => "date",
            Type::Time => "time",
            Type::Duration => "duration",
        }
    }

    /// The type that a rules file calls `name`.
    pub fn from_name(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|ty| ty.name() == name)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One scalar. Values of one type are totally ordered; the order between types has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Float(Float),
    Text(Arc<str>),
    Date(Date),
    Time(Timestamp),
    Duration(Duration),
}

impl Value {
    /// The type of this value.
    pub fn ty(&self) -> Type {
        match self {
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Float(_) => Type::Float,
            Value::Text(_) => Type::Text,
            Value::Date(_) => Type::Date,
            Value::Time(_) => Type::Time,
            Value::Duration(_) => Type::Duration,
        }
    }

    /// A text value.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::Text(text.into())
    }
}

/// Writes the value as a literal of the language: text quoted, times in UTC.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value}"),
            Value::Text(value) => {
                f.write_str(&serde_json::to_string(&**value).expect("text is always JSON"))
            }
            Value::Date(value) => write!(f, "{value}"),
            Value::Time(value) => fmt::Display::fmt(value, f),
            Value::Duration(value) => write!(f, "{value}"),
        }
    }
}

/// A finite float with a total order. There is no negative zero: it is stored as zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Float(f64);

impl Float {
    /// `None` for infinities and what is not a number.
    pub fn new(value: f64) -> Option<Float> {
        value.is_finite().then_some(Float(value + 0.0))
    }

    /// The value as the machine's float.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Float) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Float) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl std::hash::Hash for Float {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// Always with a point or an exponent, so that it reads back as a float.
impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
