//! Random expressions without parentheses, whose shape the printer has to keep.

use fastrand::Rng;
use owed::diagnostic::{FileId, Span};
use owed::model::{Date, Timestamp};
use owed::syntax::ast::{
    Arguments, BinaryOperator, Call, Constant, DurationLiteral, Expr, ExprKind, Name,
};

const OPERATORS: [BinaryOperator; 12] = [
    BinaryOperator::Add,
    BinaryOperator::Subtract,
    BinaryOperator::Multiply,
    BinaryOperator::Divide,
    BinaryOperator::Remainder,
    BinaryOperator::Concat,
    BinaryOperator::Equal,
    BinaryOperator::NotEqual,
    BinaryOperator::Less,
    BinaryOperator::LessOrEqual,
    BinaryOperator::Greater,
    BinaryOperator::GreaterOrEqual,
];

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// A tree of at most that depth.
pub fn random(random: &mut Rng, depth: usize) -> Expr {
    let kind = match if depth == 0 { 0 } else { random.u8(..6) } {
        0 => ExprKind::Constant(constant(random)),
        1 => ExprKind::Variable(random.choice(["x", "ok", "every", "_y"]).expect("some").into()),
        2 => ExprKind::Negate(Box::new(self::random(random, depth - 1))),
        3 => ExprKind::Call(call(random, depth - 1)),
        _ => ExprKind::Binary(
            random.choice(OPERATORS).expect("some"),
            Box::new(self::random(random, depth - 1)),
            Box::new(self::random(random, depth - 1)),
        ),
    };
    Expr { kind, span: NOWHERE }
}

fn call(random: &mut Rng, depth: usize) -> Call {
    let name =
        Name { text: random.choice(["f", "a.b", "goal"]).expect("some").into(), span: NOWHERE };
    let terms: Vec<Expr> = (0..random.usize(1..3)).map(|_| self::random(random, depth)).collect();
    let arguments = if random.bool() {
        let column = |term| (Name { text: "step".to_owned(), span: NOWHERE }, term);
        Arguments::Named(terms.into_iter().map(column).collect())
    } else {
        Arguments::Positional(terms)
    };
    Call { name, arguments, span: NOWHERE }
}

fn constant(random: &mut Rng) -> Constant {
    match random.u8(..8) {
        0 => Constant::Bool(random.bool()),
        1 => Constant::Int(random.i64(0..=i64::MAX)),
        2 => Constant::Int(random.choice([0, 1, i64::MAX, i64::MIN]).expect("some")),
        3 => Constant::Float(f64::from_bits(random.u64(..f64::MAX.to_bits()))),
        4 => Constant::Text((0..random.usize(..4)).map(|_| random.char(..)).collect()),
        5 => Constant::Date(Date::from_days(random.i64(-700_000..2_900_000)).expect("in range")),
        6 => {
            let micros = random.i64(-60_000_000_000_000_000..250_000_000_000_000_000);
            Constant::Time(Timestamp::from_micros(micros).expect("in range"))
        }
        _ => Constant::Duration(DurationLiteral {
            months: random.choice([0, 1, 12, 25, i32::MAX]).expect("some"),
            days: random.choice([0, 7, i32::MAX]).expect("some"),
            micros: random.choice([0, 1, 1_500, 5_400_000_000, i64::MAX]).expect("some"),
        }),
    }
}

/// The same expression without the nodes of parentheses.
pub fn without_parentheses(expr: &Expr) -> Expr {
    let boxed = |inner: &Expr| Box::new(without_parentheses(inner));
    let kind = match &expr.kind {
        ExprKind::Parenthesis(inner) => return without_parentheses(inner),
        ExprKind::Negate(inner) => ExprKind::Negate(boxed(inner)),
        ExprKind::Binary(operator, a, b) => ExprKind::Binary(*operator, boxed(a), boxed(b)),
        ExprKind::Call(call) => {
            let arguments = match &call.arguments {
                Arguments::Positional(terms) => {
                    Arguments::Positional(terms.iter().map(without_parentheses).collect())
                }
                Arguments::Named(terms) => Arguments::Named(
                    terms
                        .iter()
                        .map(|(name, term)| (name.clone(), without_parentheses(term)))
                        .collect(),
                ),
            };
            ExprKind::Call(Call { arguments, ..call.clone() })
        }
        other => other.clone(),
    };
    Expr { kind, span: expr.span }
}
