//! The scalar functions of expressions, after overloads are resolved: one entry per meaning,
//! over values of known types. A function has a value, or it has [`NoValue`] and says why;
//! it never panics or wraps round, whatever the data.

use std::fmt;

use super::{CalendarSpan, Duration, Value, Zone};

/// A resolved function. Argument types are fixed by the checker; a wrong one is our mistake.
#[derive(Clone, Debug, PartialEq)]
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
    /// A date and "week", "month", "quarter" or "year".
    StartOf,
    /// One or more of any types; gives an int that is the same in every run and version.
    Hash,
    /// bound value, first, last: whether the value is in the range. See [`RangeStep`].
    InRange {
        inclusive: bool,
        step: RangeStep,
    },
    /// Any two bools.
    Not,
}

/// The distance between the values of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RangeStep {
    /// For ints; positive.
    Int(i64),
    /// For dates; neither negative nor empty. The nth value is the start plus n times the span.
    Calendar(CalendarSpan),
    /// For times; positive.
    Exact(Duration),
}

/// How two values of one type compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why an expression has no value for some row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoValue {
    Overflow,
    DivisionByZero,
    DateOutOfRange,
    NotANumber,
    NoSuchPart,
    UnknownZone,
    UnknownUnit,
    RangeTooLong,
}
