//! The scalar functions of expressions, after overloads are resolved: one entry per meaning,
//! over values of known types. A function has a value, or it has [`NoValue`] and says why;
//! it never panics or wraps round, whatever the data.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::RangeStep;
use crate::model::CalendarSpan;

/// A resolved function. Argument types are fixed by the checker; a wrong one is our mistake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Function {
    /// Any two values of one type; gives a bool.
    Compare(Comparison),
    /// int, float or duration.
    Negate,
    /// Both int, both float or both duration.
    Add,
    Subtract,
    /// Both int or both float, or a duration and an int in either order.
    Multiply,
    /// As `Multiply`, the duration first. Ints truncate towards zero.
    Divide,
    /// Both int, float or duration; the sign of the dividend.
    Remainder,
    /// text ++ text.
    Concat,
    /// A date moved by whole months and days; gives a date.
    ShiftDate(CalendarSpan),
    /// A date and a duration: that wall-clock time in the program's zone; gives a time.
    DateAt,
    /// A time and a duration; gives a time.
    ShiftTime,
    /// Two dates or two times; gives a duration.
    Since,
    /// int, float or duration.
    Absolute,
    /// Two or more of one type.
    Least,
    Greatest,
    /// A float; gives an int. Halves are rounded away from zero.
    Round,
    Floor,
    Ceiling,
    /// A bool, int, float (towards zero) or text; gives an int.
    ToInt,
    /// An int, float or text; gives a float.
    ToFloat,
    /// Anything: as a literal, but text as it is.
    ToText,
    /// Characters of a text.
    Length,
    Lower,
    Upper,
    Trim,
    /// text, what to look for, what to put there.
    Replace,
    StartsWith,
    EndsWith,
    Contains,
    /// text, separator, part counted from 0.
    Split,
    /// A date, or a time in the program's zone.
    Year,
    Month,
    Day,
    /// Monday is 1.
    Weekday,
    /// A time in the program's zone.
    Hour,
    Minute,
    /// A time, and optionally a zone's name; gives a date.
    ToDate,
    /// A date, and optionally a zone's name: its midnight; gives a time.
    ToTime,
    /// A date: the moment at which the date so many days later begins, to compare now with. At
    /// the ends of the calendar the first or last moment there is, so that it never fails.
    Begins {
        days_later: i32,
    },
    /// A date and "week", "month", "quarter" or "year".
    StartOf,
    /// One or more of any types; gives an int, never negative, that is the same in every run and
    /// version.
    Hash,
    /// bound value, first, last: whether the value is in the range. See [`RangeStep`].
    InRange {
        inclusive: bool,
        step: RangeStep,
    },
    /// A bool; gives the other one.
    Not,
}

/// How two values of one type compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether it is true of two values that are so ordered.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }

    /// The same said of the two values the other way round.
    pub fn flipped(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Equal,
            Comparison::NotEqual => Comparison::NotEqual,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        }
    }
}

/// Why an expression has no value for some row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoValue {
    Overflow,
    DivisionByZero,
    DateOutOfRange,
    NotANumber,
    NoSuchPart,
    UnknownZone,
    UnknownUnit,
    RangeTooLong,
    TextTooLong,
}

/// The message in `rule_error`.
impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoValue::Overflow => "overflow",
            NoValue::DivisionByZero => "division by zero",
            NoValue::DateOutOfRange => "date or time out of range",
            NoValue::NotANumber => "text is not a number",
            NoValue::NoSuchPart => "text has no such part",
            NoValue::UnknownZone => "unknown time zone",
            NoValue::UnknownUnit => {
                "unknown calendar unit, not \"week\", \"month\", \"quarter\" or \"year\""
            }
            NoValue::RangeTooLong => "range of more than 10 million values",
            NoValue::TextTooLong => "text of more than 16 MiB",
        })
    }
}
