//! Random expressions of a wanted type over the variables at hand.

use fastrand::Rng;
use owed::model::Type;

use super::values::{chance, choose, literal};

/// A variable and its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub name: String,
    pub ty: Type,
}

/// A variable of the type, if there is one.
pub fn variable(random: &mut Rng, bound: &[Bound], ty: Type) -> Option<String> {
    let fitting: Vec<&Bound> = bound.iter().filter(|b| b.ty == ty).collect();
    (!fitting.is_empty()).then(|| choose(random, &fitting).name.clone())
}

/// A variable of the type, or else a literal.
pub fn simple(random: &mut Rng, bound: &[Bound], ty: Type) -> String {
    let literal = literal(random, ty);
    let found = variable(random, bound, ty);
    if chance(random, 85) { found.unwrap_or(literal) } else { literal }
}

/// Any expression of the type.
pub fn expression(random: &mut Rng, bound: &[Bound], ty: Type, depth: u8) -> String {
    if depth == 0 || chance(random, 30) {
        return simple(random, bound, ty);
    }
    let mut sub = |ty| expression(random, bound, ty, depth - 1);
    let (a, b) = (sub(ty), sub(ty));
    let (int, float, text) = (sub(Type::Int), sub(Type::Float), sub(Type::Text));
    let (date, time, date_2) = (sub(Type::Date), sub(Type::Time), sub(Type::Date));
    let forms = match ty {
        Type::Bool => return simple(random, bound, ty),
        Type::Int => vec![
            format!("({a} {} {b})", choose(random, &["+", "-", "*", "/", "%"])),
            format!("-({a})"),
            format!("{}({a}, {b})", choose(random, &["min", "max"])),
            format!("{}({float})", choose(random, &["round", "floor", "ceil", "int"])),
            format!("abs({a})"),
            format!("len({text})"),
            format!("int({text})"),
            format!("(hash({text}, {date}) % 3)"),
            format!("{}({date})", choose(random, &["year", "month", "day", "weekday"])),
            format!("{}({time})", choose(random, &["hour", "minute", "day"])),
        ],
        Type::Float => vec![
            format!("({a} {} {b})", choose(random, &["+", "-", "*", "/", "%"])),
            format!("float({int})"),
            format!("({a} * 2)"),
            format!("max({a}, {b})"),
        ],
        Type::Text => vec![
            format!("({a} ++ {b})"),
            format!("{}({a})", choose(random, &["lower", "upper", "trim"])),
            format!("text({})", choose(random, &[int, float, date])),
            format!("replace({a}, \"a\", {b})"),
            format!("split({a}, \"-\", {})", random.u8(..2)),
        ],
        Type::Date => vec![
            format!("({date} {} {})", sign(random), choose(random, &["1d", "1w", "1mo", "1y1d"])),
            format!("date({time})"),
            format!("date({time}, \"{}\")", choose(random, &["Asia/Tokyo", "America/New_York"])),
            format!("start_of({date}, \"{}\")", choose(random, &["week", "month", "quarter"])),
        ],
        Type::Time => vec![
            format!("({time} {} {})", sign(random), choose(random, &["1h", "30m", "2h30m"])),
            format!("({date} + {})", choose(random, &["9h", "90m", "2h"])),
            format!("time({date})"),
        ],
        Type::Duration => vec![
            format!("({date} - {date_2})"),
            format!("({a} {} {b})", sign(random)),
            format!("({a} * {int})"),
            format!("({a} / {int})"),
        ],
    };
    choose(random, &forms).clone()
}

fn sign(random: &mut Rng) -> &'static str {
    if random.bool() { "+" } else { "-" }
}
