//! Expressions, literals of a body and options to text, with the parentheses that their
//! meaning needs, whether or not the nodes have them.

use super::ast::{
    Arguments, BinaryOperator, Call, Constant, DurationLiteral, Expr, ExprKind, JobOption,
    JobOptionKind, Literal, LiteralKind, Name,
};
use crate::model::{Duration, Float};

/// How tightly an expression holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Comparison,
    Sum,
    Product,
    Unary,
    Primary,
}

/// An atom or the call of a function.
pub fn print_call(call: &Call) -> String {
    let mut output = String::new();
    write_call(&mut output, call);
    output
}

/// An expression.
pub fn print_expr(expr: &Expr) -> String {
    print_bound(expr, Binding::Comparison)
}

/// One literal of a body.
pub fn print_literal(literal: &Literal) -> String {
    match &literal.kind {
        LiteralKind::Positive(expr) => print_expr(expr),
        LiteralKind::Negative(expr) => format!("not {}", print_bound(expr, Binding::Primary)),
        LiteralKind::In { value, range } => {
            let dots = if range.inclusive { "..=" } else { ".." };
            let mut output = format!("{} in {}", print_sum(value), print_sum(&range.from));
            output.push_str(dots);
            output.push_str(&print_sum(&range.to));
            if let Some(step) = &range.step {
                output.push_str(" step ");
                output.push_str(&print_sum(step));
            }
            output
        }
    }
}

/// A text in quotes, with the escapes of JSON.
pub(super) fn print_text(text: &str) -> String {
    serde_json::to_string(text).expect("text is always JSON")
}

/// One option of a check, an action, a source or a pool.
pub(super) fn print_option(option: &JobOption) -> String {
    match &option.kind {
        JobOptionKind::Every(expr) => format!("every {}", print_sum(expr)),
        JobOptionKind::OkEvery(expr) => format!("ok every {}", print_sum(expr)),
        JobOptionKind::OkNever => "ok never".to_owned(),
        JobOptionKind::Batch(expr) => format!("batch {}", print_sum(expr)),
        JobOptionKind::Timeout(expr) => format!("timeout {}", print_sum(expr)),
        JobOptionKind::Pool { name, part: None } => format!("pool {}", name.text),
        JobOptionKind::Pool { name, part: Some(part) } => {
            format!("pool {}({})", name.text, print_expr(part))
        }
        JobOptionKind::Env(names) => {
            let names: Vec<&str> = names.iter().map(|Name { text, .. }| text.as_str()).collect();
            format!("env ({})", names.join(", "))
        }
        JobOptionKind::Within(expr) => format!("within {}", print_sum(expr)),
        JobOptionKind::Retry(expr) => format!("retry {}", print_sum(expr)),
        JobOptionKind::Backoff { from, to } => {
            format!("backoff {}..{}", print_sum(from), print_sum(to))
        }
        JobOptionKind::Detached => "detached".to_owned(),
        JobOptionKind::Priority(expr) => format!("priority {}", print_sum(expr)),
        JobOptionKind::Limit(expr) => format!("limit {}", print_sum(expr)),
        JobOptionKind::Rate { count, per } => {
            format!("rate {} per {}", print_sum(count), print_sum(per))
        }
        JobOptionKind::Trip(expr) => format!("trip {}", print_sum(expr)),
        JobOptionKind::Shrink(expr) => format!("shrink {}%", print_sum(expr)),
        JobOptionKind::Notify(text) => format!("notify {}", print_text(&text.value)),
        JobOptionKind::Bearer(text) => format!("bearer {}", print_text(&text.value)),
        JobOptionKind::Header(text) => format!("header {}", print_text(&text.value)),
        JobOptionKind::Body(text) => format!("body {}", print_text(&text.value)),
    }
}

fn print_sum(expr: &Expr) -> String {
    print_bound(expr, Binding::Sum)
}

fn print_bound(expr: &Expr, least: Binding) -> String {
    let mut output = String::new();
    write_expr(&mut output, expr, least);
    output
}

/// Writes an expression that has to hold together at least so tightly.
fn write_expr(output: &mut String, expr: &Expr, least: Binding) {
    let needs_parentheses = binding(expr) < least;
    if needs_parentheses {
        output.push('(');
    }
    match &expr.kind {
        ExprKind::Constant(constant) => output.push_str(&print_constant(constant)),
        ExprKind::Variable(name) => output.push_str(name),
        ExprKind::Wildcard => output.push('_'),
        ExprKind::Now => output.push_str("now"),
        ExprKind::Call(call) => write_call(output, call),
        ExprKind::Negate(operand) => {
            output.push('-');
            write_expr(output, operand, Binding::Unary);
        }
        ExprKind::Binary(operator, left, right) => {
            let (left_least, right_least) = match binding_of(*operator) {
                Binding::Comparison => (Binding::Sum, Binding::Sum),
                Binding::Sum => (Binding::Sum, Binding::Product),
                Binding::Product => (Binding::Product, Binding::Unary),
                Binding::Unary | Binding::Primary => {
                    unreachable!("no binary operator binds so tightly")
                }
            };
            write_expr(output, left, left_least);
            output.push(' ');
            output.push_str(symbol(*operator));
            output.push(' ');
            write_expr(output, right, right_least);
        }
        ExprKind::Parenthesis(inner) => {
            output.push('(');
            write_expr(output, inner, Binding::Comparison);
            output.push(')');
        }
    }
    if needs_parentheses {
        output.push(')');
    }
}

fn write_call(output: &mut String, call: &Call) {
    output.push_str(&call.name.text);
    output.push('(');
    match &call.arguments {
        Arguments::Positional(terms) => {
            for (at, term) in terms.iter().enumerate() {
                output.push_str(if at == 0 { "" } else { ", " });
                write_expr(output, term, Binding::Comparison);
            }
        }
        Arguments::Named(terms) => {
            for (at, (name, term)) in terms.iter().enumerate() {
                output.push_str(if at == 0 { "" } else { ", " });
                output.push_str(&name.text);
                output.push_str(": ");
                write_expr(output, term, Binding::Comparison);
            }
        }
    }
    output.push(')');
}

fn print_constant(constant: &Constant) -> String {
    match constant {
        Constant::Bool(value) => value.to_string(),
        Constant::Int(value) => value.to_string(),
        Constant::Float(value) => {
            Float::new(*value).expect("the lexer refuses infinite floats").to_string()
        }
        Constant::Text(value) => print_text(value),
        Constant::Date(value) => value.to_string(),
        Constant::Time(value) => value.to_string(),
        Constant::Duration(value) => print_duration(*value),
    }
}

/// Years, months, days, and the exact part.
fn print_duration(duration: DurationLiteral) -> String {
    let DurationLiteral { months, days, micros } = duration;
    let mut output = String::new();
    for (number, unit) in [(months / 12, "y"), (months % 12, "mo"), (days, "d")] {
        if number != 0 {
            output.push_str(&format!("{number}{unit}"));
        }
    }
    if micros != 0 || output.is_empty() {
        output.push_str(&print_exact(micros));
    }
    output
}

/// As [`Duration`] is written, but in hours where that would say days: days are calendar days.
fn print_exact(micros: i64) -> String {
    const HOUR: i64 = 3_600_000_000;
    let (hours, rest) = (micros / HOUR, micros % HOUR);
    match (hours, rest) {
        (0, rest) => Duration::from_micros(rest).to_string(),
        (hours, 0) => format!("{hours}h"),
        (hours, rest) => format!("{hours}h{}", Duration::from_micros(rest)),
    }
}

fn binding(expr: &Expr) -> Binding {
    match &expr.kind {
        ExprKind::Binary(operator, ..) => binding_of(*operator),
        ExprKind::Negate(_) => Binding::Unary,
        ExprKind::Constant(_)
        | ExprKind::Variable(_)
        | ExprKind::Wildcard
        | ExprKind::Now
        | ExprKind::Call(_)
        | ExprKind::Parenthesis(_) => Binding::Primary,
    }
}

fn binding_of(operator: BinaryOperator) -> Binding {
    match operator {
        BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Concat => Binding::Sum,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => {
            Binding::Product
        }
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessOrEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterOrEqual => Binding::Comparison,
    }
}

fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
        BinaryOperator::Concat => "++",
        BinaryOperator::Equal => "=",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
    }
}
