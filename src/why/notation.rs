//! Literals of rules as text: as they are written, or with values in the place of variables.

use crate::model::{CalendarSpan, Comparison, Duration, Function, RangeStep, Value};
use crate::program::{Atom, Expr, Literal, Program, Rule, Term, VariableId, function_name};

/// A value for each variable of a rule that is bound so far.
pub(super) type Bindings = Vec<Option<Value>>;

/// One rule, to be written down.
#[derive(Clone, Copy)]
pub(super) struct Notation<'a> {
    pub(super) program: &'a Program,
    pub(super) rule: &'a Rule,
    /// What stands for variables; nothing is written as the rule has it.
    pub(super) values: Option<&'a Bindings>,
}

impl Notation<'_> {
    /// Some of its literals, without those that expressions in atoms became.
    pub(super) fn body(&self, literals: &[Literal]) -> String {
        let shown = literals.iter().filter(|literal| !self.is_made(literal));
        let shown: Vec<String> = shown.map(|literal| self.literal(literal)).collect();
        shown.join(", ")
    }

    /// Whether the literal only says what an expression inside an atom is worth.
    pub(super) fn is_made(&self, literal: &Literal) -> bool {
        let variable = match literal {
            Literal::Assign { variable, .. } => *variable,
            Literal::Test { condition: Expr::Call { function, arguments }, .. } => {
                match (function, arguments.as_slice()) {
                    (Function::Compare(Comparison::Equal), [Expr::Variable(variable), _]) => {
                        *variable
                    }
                    _ => return false,
                }
            }
            Literal::Atom(_) | Literal::Test { .. } | Literal::Range(_) | Literal::Clock { .. } => {
                return false;
            }
        };
        // Such a variable is called by its expression, which is no name.
        let is_letter = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        !self.name(variable).chars().all(is_letter)
    }

    pub(super) fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Atom(atom) => self.atom(atom),
            Literal::Assign { variable, value, .. } => {
                format!("{} = {}", self.variable(*variable), self.expr(value))
            }
            Literal::Test { condition, .. } => self.expr(condition),
            Literal::Range(range) => {
                let dots = if range.inclusive { "..=" } else { ".." };
                let [from, to] = [&range.from, &range.to].map(|end| self.inside(end, Level::Sum));
                let step = range_step(range.step);
                format!("{} in {from}{dots}{to}{step}", self.variable(range.variable))
            }
            Literal::Clock { comparison, moment, .. } => {
                format!("now {} {}", sign_of(*comparison), self.expr(moment))
            }
        }
    }

    /// `r(x, 3, _)`; where there are values, what is not bound is wild.
    pub(super) fn atom(&self, atom: &Atom) -> String {
        let term = |term: &Term| match term {
            Term::Wildcard => "_".to_string(),
            Term::Constant(value) => value.to_string(),
            Term::Variable(variable) => match (self.values, self.value(*variable)) {
                (Some(_), None) => "_".to_string(),
                (_, Some(value)) => value.to_string(),
                (None, None) => self.name(*variable).to_string(),
            },
        };
        let terms: Vec<String> = atom.terms.iter().map(term).collect();
        let not = if atom.negated { "not " } else { "" };
        format!("{not}{}({})", self.program.schema.relation(atom.relation).name, terms.join(", "))
    }

    pub(super) fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::Constant(value) => value.to_string(),
            Expr::Variable(variable) => self.variable(*variable),
            Expr::Call { function, arguments } => self.call(function, arguments),
        }
    }

    pub(super) fn name(&self, variable: VariableId) -> &str {
        &self.rule.variables[variable.index()].name
    }

    fn value(&self, variable: VariableId) -> Option<&Value> {
        self.values.and_then(|values| values[variable.index()].as_ref())
    }

    fn variable(&self, variable: VariableId) -> String {
        match self.value(variable) {
            Some(value) => value.to_string(),
            None => self.name(variable).to_string(),
        }
    }

    fn call(&self, function: &Function, arguments: &[Expr]) -> String {
        match (function, arguments) {
            (Function::Negate, [value]) => format!("-{}", self.inside(value, Level::Word)),
            (Function::Not, [value]) => format!("not {}", self.inside(value, Level::Word)),
            (Function::ShiftDate(span), [date]) => {
                let backwards = span.months < 0 || span.days < 0;
                let sign = if backwards { '-' } else { '+' };
                format!("{} {sign} {}", self.inside(date, Level::Sum), calendar_span(*span))
            }
            (Function::Begins { days_later: 0 }, [date]) => self.expr(date),
            (Function::Begins { days_later }, [date]) => {
                let sign = if *days_later < 0 { '-' } else { '+' };
                let days = days_later.unsigned_abs();
                format!("{} {sign} {days}d", self.inside(date, Level::Sum))
            }
            (Function::InRange { inclusive, step }, [value, from, to]) => {
                let dots = if *inclusive { "..=" } else { ".." };
                let [value, from, to] = [value, from, to].map(|one| self.inside(one, Level::Sum));
                format!("{value} in {from}{dots}{to}{}", range_step(*step))
            }
            (function, [left, right]) if let Some(sign) = sign(function) => {
                self.binary(left, sign, right, Level::of(function))
            }
            (function, arguments) => {
                let name = function_name(function).expect("what is no operator has a name");
                let arguments: Vec<String> = arguments.iter().map(|one| self.expr(one)).collect();
                format!("{name}({})", arguments.join(", "))
            }
        }
    }

    fn binary(&self, left: &Expr, sign: &str, right: &Expr, level: Level) -> String {
        // Operators of one level belong to the left; comparisons do not chain.
        let next = level.next();
        let left = self.inside(left, if level == Level::Comparison { next } else { level });
        match right {
            Expr::Constant(Value::Duration(back)) if sign == "+" && *back < Duration::ZERO => {
                let forth = Duration::from_micros(back.micros().saturating_neg());
                format!("{left} - {forth}")
            }
            _ => format!("{left} {sign} {}", self.inside(right, next)),
        }
    }

    /// An expression inside another one: in parentheses where it binds less than that takes.
    fn inside(&self, expr: &Expr, least: Level) -> String {
        let text = self.expr(expr);
        let level = match expr {
            Expr::Constant(_) | Expr::Variable(_) => Level::Word,
            Expr::Call { function, .. } => Level::of(function),
        };
        if level < least { format!("({text})") } else { text }
    }
}

/// How closely an operator binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Comparison,
    Sum,
    Product,
    Word,
}

impl Level {
    fn of(function: &Function) -> Level {
        match function {
            Function::Compare(_) | Function::InRange { .. } => Level::Comparison,
            Function::Add
            | Function::Subtract
            | Function::Since
            | Function::Concat
            | Function::DateAt
            | Function::ShiftDate(_)
            | Function::ShiftTime
            | Function::Begins { .. } => Level::Sum,
            Function::Multiply | Function::Divide | Function::Remainder => Level::Product,
            _ => Level::Word,
        }
    }

    fn next(self) -> Level {
        match self {
            Level::Comparison => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product | Level::Word => Level::Word,
        }
    }
}

/// The sign between the two sides.
pub(super) fn sign_of(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn sign(function: &Function) -> Option<&'static str> {
    match function {
        Function::Compare(comparison) => Some(sign_of(*comparison)),
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
    let text = format!("{}{}", part(span.months, "mo"), part(span.days, "d"));
    if text.is_empty() { "0d".to_string() } else { text }
}

/// What stands behind a range, where its step is not the usual one.
fn range_step(step: RangeStep) -> String {
    match step {
        RangeStep::Int(1) | RangeStep::Calendar(CalendarSpan { months: 0, days: 1 }) => {
            String::new()
        }
        RangeStep::Int(step) => format!(" step {step}"),
        RangeStep::Calendar(span) => format!(" step {}", calendar_span(span)),
        RangeStep::Exact(duration) => format!(" step {duration}"),
    }
}
