//! Expressions of a plan as a rule would write them, with columns as `$0`, `$1`, ….

use super::Scalar;
use crate::model::{CalendarSpan, Comparison, Function, RangeStep};
use crate::program::function_name;

/// An expression as text.
pub(super) fn scalar(expression: &Scalar) -> String {
    match expression {
        Scalar::Constant(value) => value.to_string(),
        Scalar::Column(column) => format!("${column}"),
        Scalar::Call { function, arguments } => call(function, arguments),
    }
}

/// The sign between the two sides.
pub(super) fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn call(function: &Function, arguments: &[Scalar]) -> String {
    match (function, arguments) {
        (Function::Negate, [value]) => format!("-{}", operand(value)),
        (Function::Not, [value]) => format!("not {}", operand(value)),
        (Function::ShiftDate(span), [date]) => {
            let backwards = span.months < 0 || span.days < 0;
            let sign = if backwards { '-' } else { '+' };
            format!("{} {sign} {}", operand(date), calendar_span(*span))
        }
        (Function::Begins { days_later: 0 }, [date]) => format!("time({})", scalar(date)),
        (Function::Begins { days_later }, [date]) => {
            let sign = if *days_later < 0 { '-' } else { '+' };
            format!("time({} {sign} {}d)", operand(date), days_later.unsigned_abs())
        }
        (Function::InRange { inclusive, step }, [value, from, to]) => {
            let dots = if *inclusive { "..=" } else { ".." };
            let ends = format!("{}{dots}{}", operand(from), operand(to));
            format!("{} in {ends} step {}", operand(value), range_step(*step))
        }
        (function, [left, right]) if let Some(sign) = sign(function) => {
            format!("{} {sign} {}", operand(left), operand(right))
        }
        (function, arguments) => {
            let name = function_name(function).expect("what is no operator has a name");
            let arguments: Vec<String> = arguments.iter().map(scalar).collect();
            format!("{name}({})", arguments.join(", "))
        }
    }
}

/// An expression inside another one: in parentheses where it is made of several words.
fn operand(expression: &Scalar) -> String {
    let text = scalar(expression);
    let is_whole = match expression {
        Scalar::Constant(_) | Scalar::Column(_) => true,
        Scalar::Call { function, .. } => function_name(function).is_some(),
    };
    if is_whole { text } else { format!("({text})") }
}

fn sign(function: &Function) -> Option<&'static str> {
    match function {
        Function::Compare(comparison) => Some(comparison_sign(*comparison)),
        Function::Add | Function::DateAt | Function::ShiftTime => Some("+"),
        Function::Subtract | Function::Since => Some("-"),
        Function::Multiply => Some("*"),
        Function::Divide => Some("/"),
        Function::Remainder => Some("%"),
        Function::Concat => Some("++"),
        _ => None,
    }
}

fn calendar_span(span: CalendarSpan) -> String {
    let part = |count: i32, unit| match count {
        0 => String::new(),
        count => format!("{}{unit}", count.unsigned_abs()),
    };
    format!("{}{}", part(span.months, "mo"), part(span.days, "d"))
}

fn range_step(step: RangeStep) -> String {
    match step {
        RangeStep::Int(step) => step.to_string(),
        RangeStep::Calendar(span) => calendar_span(span),
        RangeStep::Exact(duration) => duration.to_string(),
    }
}
