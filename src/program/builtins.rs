//! The functions and aggregates that a program may call, and what types they take; the relations
//! that are there without a declaration.

use super::AggregateFunction;
use crate::model::{Function, Type};

/// One way to call a function.
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub parameters: Vec<Type>,
    pub result: Type,
}

/// How the types of a function's arguments and result hang together.
pub(super) enum Shape {
    /// One of these.
    Overloads(Vec<Signature>),
    /// Two or more arguments of any one type, which is the result's.
    Alike,
    /// At least so many arguments of any types, at most so many.
    Anything { least: usize, most: usize, result: Type },
}

/// Names and types.
type Columns = &'static [(&'static str, Type)];

/// The relations that are built in, with the column that is their key, and their columns.
pub(super) const RELATIONS: [(&str, Option<usize>, Columns); 3] = [
    ("today", None, &[("d", Type::Date)]),
    (
        "rule_error",
        None,
        &[("rule", Type::Text), ("line", Type::Int), ("message", Type::Text), ("rows", Type::Int)],
    ),
    (
        "source.status",
        Some(0),
        &[("relation", Type::Text), ("at", Type::Time), ("rows", Type::Int), ("error", Type::Text)],
    ),
];

/// Every function's name.
pub(super) const NAMES: [&str; 28] = [
    "abs",
    "min",
    "max",
    "round",
    "floor",
    "ceil",
    "int",
    "float",
    "text",
    "len",
    "lower",
    "upper",
    "trim",
    "replace",
    "starts_with",
    "ends_with",
    "contains",
    "split",
    "year",
    "month",
    "day",
    "weekday",
    "hour",
    "minute",
    "date",
    "time",
    "start_of",
    "hash",
];

/// A function by its name.
pub(super) fn function(name: &str) -> Option<(Function, Shape)> {
    use Type::{Bool, Date, Duration, Float, Int, Text, Time};
    let of = |pairs: &[(&[Type], Type)]| Shape::Overloads(signatures(pairs));
    let clock = || of(&[(&[Date], Int), (&[Time], Int)]);
    let found = match name {
        "abs" => {
            (Function::Absolute, of(&[(&[Int], Int), (&[Float], Float), (&[Duration], Duration)]))
        }
        "min" => (Function::Least, Shape::Alike),
        "max" => (Function::Greatest, Shape::Alike),
        "round" => (Function::Round, of(&[(&[Float], Int)])),
        "floor" => (Function::Floor, of(&[(&[Float], Int)])),
        "ceil" => (Function::Ceiling, of(&[(&[Float], Int)])),
        "int" => {
            (Function::ToInt, of(&[(&[Int], Int), (&[Float], Int), (&[Text], Int), (&[Bool], Int)]))
        }
        "float" => (Function::ToFloat, of(&[(&[Int], Float), (&[Float], Float), (&[Text], Float)])),
        "text" => (Function::ToText, Shape::Anything { least: 1, most: 1, result: Text }),
        "len" => (Function::Length, of(&[(&[Text], Int)])),
        "lower" => (Function::Lower, of(&[(&[Text], Text)])),
        "upper" => (Function::Upper, of(&[(&[Text], Text)])),
        "trim" => (Function::Trim, of(&[(&[Text], Text)])),
        "replace" => (Function::Replace, of(&[(&[Text, Text, Text], Text)])),
        "starts_with" => (Function::StartsWith, of(&[(&[Text, Text], Bool)])),
        "ends_with" => (Function::EndsWith, of(&[(&[Text, Text], Bool)])),
        "contains" => (Function::Contains, of(&[(&[Text, Text], Bool)])),
        "split" => (Function::Split, of(&[(&[Text, Text, Int], Text)])),
        "year" => (Function::Year, clock()),
        "month" => (Function::Month, clock()),
        "day" => (Function::Day, clock()),
        "weekday" => (Function::Weekday, clock()),
        "hour" => (Function::Hour, of(&[(&[Time], Int)])),
        "minute" => (Function::Minute, of(&[(&[Time], Int)])),
        "date" => (Function::ToDate, of(&[(&[Time], Date), (&[Time, Text], Date)])),
        "time" => (Function::ToTime, of(&[(&[Date], Time), (&[Date, Text], Time)])),
        "start_of" => (Function::StartOf, of(&[(&[Date, Text], Date)])),
        "hash" => (Function::Hash, Shape::Anything { least: 1, most: usize::MAX, result: Int }),
        _ => return None,
    };
    Some(found)
}

/// What a program calls a function; `None` for those that are written as operators.
pub fn function_name(wanted: &Function) -> Option<&'static str> {
    NAMES.into_iter().find(|name| function(name).is_some_and(|(found, _)| found == *wanted))
}

/// An aggregate by its name, and how many arguments it takes.
pub(super) fn aggregate(name: &str) -> Option<(AggregateFunction, usize)> {
    Some(match name {
        "count" => (AggregateFunction::Count, 0),
        "sum" => (AggregateFunction::Sum, 1),
        "min" => (AggregateFunction::Min, 1),
        "max" => (AggregateFunction::Max, 1),
        "mean" => (AggregateFunction::Mean, 1),
        "argmin" => (AggregateFunction::ArgMin, 2),
        "argmax" => (AggregateFunction::ArgMax, 2),
        _ => return None,
    })
}

/// What `sum` takes.
pub(super) fn sums() -> Vec<Signature> {
    use Type::{Duration, Float, Int};
    signatures(&[(&[Int], Int), (&[Float], Float), (&[Duration], Duration)])
}

/// What `mean` takes.
pub(super) fn means() -> Vec<Signature> {
    use Type::{Duration, Float, Int};
    signatures(&[(&[Int], Float), (&[Float], Float), (&[Duration], Duration)])
}

/// What `+` takes.
pub(super) fn additions() -> Vec<Signature> {
    use Type::{Date, Duration, Time};
    let mut all = alike_numbers();
    all.extend(signatures(&[
        (&[Date, Duration], Time),
        (&[Time, Duration], Time),
        (&[Duration, Date], Time),
        (&[Duration, Time], Time),
    ]));
    all
}

/// What `-` takes between two operands.
pub(super) fn subtractions() -> Vec<Signature> {
    use Type::{Date, Duration, Time};
    let mut all = alike_numbers();
    all.extend(signatures(&[
        (&[Date, Duration], Time),
        (&[Time, Duration], Time),
        (&[Date, Date], Duration),
        (&[Time, Time], Duration),
    ]));
    all
}

/// What `*` takes.
pub(super) fn multiplications() -> Vec<Signature> {
    use Type::{Duration, Float, Int};
    signatures(&[
        (&[Int, Int], Int),
        (&[Float, Float], Float),
        (&[Duration, Int], Duration),
        (&[Int, Duration], Duration),
    ])
}

/// What `/` takes.
pub(super) fn divisions() -> Vec<Signature> {
    use Type::{Duration, Float, Int};
    signatures(&[(&[Int, Int], Int), (&[Float, Float], Float), (&[Duration, Int], Duration)])
}

/// What `%` takes, and `+` and `-` among others: two numbers or two durations.
pub(super) fn alike_numbers() -> Vec<Signature> {
    use Type::{Duration, Float, Int};
    signatures(&[(&[Int, Int], Int), (&[Float, Float], Float), (&[Duration, Duration], Duration)])
}

pub(super) fn signatures(pairs: &[(&[Type], Type)]) -> Vec<Signature> {
    let made = pairs.iter();
    made.map(|(parameters, result)| Signature { parameters: parameters.to_vec(), result: *result })
        .collect()
}
