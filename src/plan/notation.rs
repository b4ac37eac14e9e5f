//! How a plan is written down: columns by names, expressions as a rule would have them.

use super::Scalar;
use super::operator::Step;
use crate::model::{CalendarSpan, Comparison, Function, RangeStep};
use crate::program::function_name;

/// What the columns of a row are called, each by a name of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Columns of these names, told apart by `'` where two have the same.
    pub fn new(names: impl IntoIterator<Item = String>) -> Names {
        let mut made = Names::default();
        names.into_iter().for_each(|name| made.push(name));
        made
    }

    /// One more column.
    pub fn push(&mut self, mut name: String) {
        while self.0.contains(&name) {
            name.push('\'');
        }
        self.0.push(name);
    }

    /// The columns of a row after the steps; a computed one is called by its expression.
    pub fn after(mut self, steps: &[Step]) -> Names {
        for step in steps {
            match step {
                // A copy is what it was.
                Step::Compute(Scalar::Column(column), _) => self.0.push(self.0[*column].clone()),
                Step::Compute(value, _) => {
                    let name = self.scalar(value);
                    self.push(name);
                }
                Step::Test(_) => {}
            }
        }
        self
    }

    /// Some of the columns.
    pub fn pick(&self, columns: &[usize]) -> Names {
        Names::new(columns.iter().map(|column| self.0[*column].clone()))
    }

    /// One row's columns after another's.
    pub fn chain(&self, more: &Names) -> Names {
        Names::new(self.0.iter().chain(&more.0).cloned())
    }

    /// One column.
    pub fn name(&self, column: usize) -> &str {
        &self.0[column]
    }

    /// All columns, in parentheses.
    pub fn list(&self) -> String {
        format!("({})", self.0.join(", "))
    }

    /// What is tested of each row, of a row that the steps are done to.
    pub fn tests(&self, steps: &[Step]) -> String {
        let tests = steps.iter().filter_map(|step| match step {
            Step::Compute(..) => None,
            Step::Test(condition) => Some(format!(", where {}", self.scalar(condition))),
        });
        tests.collect()
    }

    /// An expression over the columns.
    pub fn scalar(&self, expression: &Scalar) -> String {
        match expression {
            Scalar::Constant(value) => value.to_string(),
            Scalar::Column(column) => self.0[*column].clone(),
            Scalar::Call { function, arguments } => self.call(function, arguments),
        }
    }

    fn call(&self, function: &Function, arguments: &[Scalar]) -> String {
        match (function, arguments) {
            (Function::Negate, [value]) => format!("-{}", self.operand(value)),
            (Function::Not, [value]) => format!("not {}", self.operand(value)),
            (Function::ShiftDate(span), [date]) => {
                let backwards = span.months < 0 || span.days < 0;
                let sign = if backwards { '-' } else { '+' };
                format!("{} {sign} {}", self.operand(date), calendar_span(*span))
            }
            (Function::Begins { days_later: 0 }, [date]) => format!("time({})", self.scalar(date)),
            (Function::Begins { days_later }, [date]) => {
                let sign = if *days_later < 0 { '-' } else { '+' };
                format!("time({} {sign} {}d)", self.operand(date), days_later.unsigned_abs())
            }
            (Function::InRange { inclusive, step }, [value, from, to]) => {
                let dots = if *inclusive { "..=" } else { ".." };
                let ends = format!("{}{dots}{}", self.operand(from), self.operand(to));
                format!("{} in {ends} step {}", self.operand(value), range_step(*step))
            }
            (function, [left, right]) if let Some(sign) = sign(function) => {
                format!("{} {sign} {}", self.operand(left), self.operand(right))
            }
            (function, arguments) => {
                let name = function_name(function).expect("what is no operator has a name");
                let arguments: Vec<String> =
                    arguments.iter().map(|argument| self.scalar(argument)).collect();
                format!("{name}({})", arguments.join(", "))
            }
        }
    }

    /// An expression inside another one: in parentheses where it is made of several words.
    fn operand(&self, expression: &Scalar) -> String {
        let text = self.scalar(expression);
        let is_whole = match expression {
            Scalar::Constant(_) | Scalar::Column(_) => true,
            Scalar::Call { function, .. } => function_name(function).is_some(),
        };
        if is_whole { text } else { format!("({text})") }
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
