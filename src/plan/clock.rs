//! Comparisons with today as comparisons with the clock. `today(t), d < t` says that the day
//! after `d` has begun, so it needs no join with the current date: each row has a moment at
//! which it starts or stops to hold.

use crate::diagnostic::Span;
use crate::model::{CalendarSpan, Comparison, Function, RangeStep};
use crate::program::{Atom, Expr, HeadTerm, Literal, Program, Rule, Term, VariableId};

/// The rule's body, in which variables that `today` binds are clock tests wherever they are
/// only compared with dates and used in the ends of ranges. The atom stays for the ranges.
pub fn rewrite_today(program: &Program, rule: &Rule) -> Vec<Literal> {
    let mut body = rule.body.clone();
    for variable in today_variables(program, &rule.body) {
        let Some((tests, in_ranges)) = uses(rule, &body, variable) else {
            continue;
        };
        body = body
            .into_iter()
            .enumerate()
            .flat_map(|(at, literal)| match tests.iter().find(|(test, _)| *test == at) {
                Some((_, clocks)) => clocks.clone(),
                None => vec![literal],
            })
            .filter(|literal| in_ranges || today_variable(program, literal) != Some(variable))
            .collect();
    }
    body
}

fn today_variables(program: &Program, body: &[Literal]) -> Vec<VariableId> {
    body.iter().filter_map(|literal| today_variable(program, literal)).collect()
}

fn today_variable(program: &Program, literal: &Literal) -> Option<VariableId> {
    match literal {
        Literal::Atom(Atom { relation, negated: false, terms, .. })
            if *relation == program.builtins.today =>
        {
            match terms.as_slice() {
                [Term::Variable(variable)] => Some(*variable),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A test by its place in the body, and the clock literals that say the same.
type Rewritten = (usize, Vec<Literal>);

/// The tests of a variable, by place, as clock literals, and whether ranges use it too.
/// `None` if anything else uses it, or a test cannot be said in terms of the clock.
fn uses(rule: &Rule, body: &[Literal], variable: VariableId) -> Option<(Vec<Rewritten>, bool)> {
    let in_head = rule.head.terms.iter().any(|term| match term {
        HeadTerm::Value(expr) => mentions(expr, variable),
        HeadTerm::Aggregate(aggregate) => {
            aggregate.arguments.iter().any(|expr| mentions(expr, variable))
        }
    });
    if in_head {
        return None;
    }
    let mut tests = Vec::new();
    let (mut in_ranges, mut atoms) = (false, 0);
    for (at, literal) in body.iter().enumerate() {
        match literal {
            Literal::Atom(atom) if has_variable(atom, variable) => atoms += 1,
            Literal::Range(range)
                if mentions(&range.from, variable) || mentions(&range.to, variable) =>
            {
                in_ranges = true;
            }
            Literal::Test { condition, .. } if mentions(condition, variable) => {
                tests.push((at, clock_tests(literal, variable)?));
            }
            Literal::Assign { value, .. } if mentions(value, variable) => return None,
            Literal::Clock { moment, .. } if mentions(moment, variable) => return None,
            Literal::Atom(_)
            | Literal::Range(_)
            | Literal::Test { .. }
            | Literal::Assign { .. }
            | Literal::Clock { .. } => {}
        }
    }
    (atoms == 1).then_some((tests, in_ranges))
}

/// `x op today`, either way round and with whole days added to today, or `x` in a range of days
/// that begins or ends so, as clock literals.
fn clock_tests(literal: &Literal, today: VariableId) -> Option<Vec<Literal>> {
    let Literal::Test { condition: Expr::Call { function, arguments }, span } = literal else {
        return None;
    };
    if let (Function::InRange { inclusive, step }, [value, from, to]) =
        (function, arguments.as_slice())
    {
        return is_daily(*step)
            .then(|| in_range(value, from, to, *inclusive, *span, today))
            .flatten();
    }
    let (Function::Compare(comparison), [left, right]) = (function, arguments.as_slice()) else {
        return None;
    };
    let (days, other, comparison) = match (days_from(left, today), days_from(right, today)) {
        (Some(days), None) => (days, right, *comparison),
        (None, Some(days)) => (days, left, comparison.flipped()),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    if mentions(other, today) {
        return None;
    }
    let begins = |extra: i32| -> Option<Expr> {
        let function = Function::Begins { days_later: extra.checked_sub(days)? };
        Some(Expr::Call { function, arguments: vec![other.clone()] })
    };
    let clock = |comparison, moment| Literal::Clock { comparison, moment, span: *span };
    let since = |extra| Some(clock(Comparison::GreaterOrEqual, begins(extra)?));
    let until = |extra| Some(clock(Comparison::Less, begins(extra)?));
    match comparison {
        Comparison::Greater => Some(vec![since(1)?]),
        Comparison::GreaterOrEqual => Some(vec![since(0)?]),
        Comparison::Less => Some(vec![until(0)?]),
        Comparison::LessOrEqual => Some(vec![until(1)?]),
        Comparison::Equal => Some(vec![since(0)?, until(1)?]),
        Comparison::NotEqual => None,
    }
}

/// `value in from..to`, one end of which is today's, as a comparison with each end.
fn in_range(
    value: &Expr,
    from: &Expr,
    to: &Expr,
    inclusive: bool,
    span: Span,
    today: VariableId,
) -> Option<Vec<Literal>> {
    let last = if inclusive { Comparison::LessOrEqual } else { Comparison::Less };
    let ends = [(Comparison::GreaterOrEqual, from), (last, to)];
    let mut literals = Vec::new();
    for (comparison, end) in ends {
        let function = Function::Compare(comparison);
        let arguments = vec![value.clone(), end.clone()];
        let test = Literal::Test { condition: Expr::Call { function, arguments }, span };
        match mentions(end, today) || mentions(value, today) {
            true => literals.extend(clock_tests(&test, today)?),
            false => literals.push(test),
        }
    }
    Some(literals)
}

/// Whether a range of dates has every day between its ends.
fn is_daily(step: RangeStep) -> bool {
    step == RangeStep::Calendar(CalendarSpan { months: 0, days: 1 })
}

/// The number of days after today that an expression means, if it is one of that form.
fn days_from(expr: &Expr, today: VariableId) -> Option<i32> {
    match expr {
        Expr::Variable(variable) => (*variable == today).then_some(0),
        Expr::Constant(_) => None,
        Expr::Call { function: Function::ShiftDate(span), arguments } if span.months == 0 => {
            days_from(&arguments[0], today)?.checked_add(span.days)
        }
        Expr::Call { .. } => None,
    }
}

fn mentions(expr: &Expr, variable: VariableId) -> bool {
    let mut found = false;
    expr.variables(&mut |v| found |= v == variable);
    found
}

fn has_variable(atom: &Atom, variable: VariableId) -> bool {
    atom.terms.iter().any(|term| matches!(term, Term::Variable(v) if *v == variable))
}
