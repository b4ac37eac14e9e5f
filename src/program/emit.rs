//! Drafts to rules, once every type is known: operators become the functions that their types
//! ask for, literals become values, and so does what is computed from literals alone.

use super::draft::{self, Callee, Draft, ExprKind, HeadTerm, Literal, Role, Term};
use super::expression::exact;
use super::typing::{Node, Typing};
use super::{
    Aggregate, Atom, Expr, Head, HeadTerm as TypedTerm, Literal as TypedLiteral, Range, Rule,
    Term as TypedAtomTerm, Variable,
};
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::model::{
    CalendarSpan, Duration, Float, Function, RangeStep, RelationId, Type, Value, Zone,
};
use crate::syntax::ast::{Constant, DurationLiteral};

/// The rule of a draft without mistakes, in a program without mistakes.
pub(super) fn rule(draft: &Draft, types: &Typing, zone: &Zone, sources: &Sources) -> Rule {
    let emitter = Emitter { types, zone };
    let (line, _) = sources.position(draft.span);
    let variables = draft
        .variables
        .iter()
        .map(|variable| Variable { name: variable.name.clone(), ty: emitter.ty(variable.node) });
    let relation = draft.relation.expect("a program without mistakes has resolved heads");
    Rule {
        head: emitter.head(relation, &draft.head),
        body: draft.body.iter().map(|literal| emitter.literal(literal)).collect(),
        variables: variables.collect(),
        span: draft.span,
        line,
        label: draft.label.to_string(),
    }
}

/// The step of a range over values of that type, or what is wrong with it.
pub(super) fn range_step(range: &draft::In, ty: Type) -> Result<RangeStep, Diagnostic> {
    let Some(step) = &range.step else {
        return match ty {
            Type::Int => Ok(RangeStep::Int(1)),
            Type::Date => Ok(RangeStep::Calendar(CalendarSpan { months: 0, days: 1 })),
            _ => Err(Diagnostic::error("a range over times needs a step", range.span)
                .hint("Such as: step 1h.")),
        };
    };
    let (span, wrong) = (step.span, |text: &str| Diagnostic::error(text, step.span));
    match (ty, &step.constant) {
        (Type::Int, Constant::Int(number)) if *number > 0 => Ok(RangeStep::Int(*number)),
        (Type::Int, Constant::Int(_)) => Err(wrong("a step is positive")),
        (Type::Int, _) => Err(wrong("the step of a range over int is an int")),
        (Type::Date, Constant::Duration(by)) => {
            let days = CalendarSpan { months: by.months, days: by.days };
            if by.micros != 0 {
                let text = "the step of a range over dates is made of days, weeks, months or years";
                return Err(wrong(text));
            }
            let positive = by.months >= 0 && by.days >= 0 && by.months + by.days > 0;
            if positive { Ok(RangeStep::Calendar(days)) } else { Err(wrong("a step is positive")) }
        }
        (Type::Time, Constant::Duration(by)) => {
            let length = exact(*by, span)?;
            if length > Duration::ZERO {
                Ok(RangeStep::Exact(length))
            } else {
                Err(wrong("a step is positive"))
            }
        }
        _ => Err(wrong(&format!("the step of a range over {ty} is a duration"))),
    }
}

struct Emitter<'a> {
    types: &'a Typing,
    zone: &'a Zone,
}

impl Emitter<'_> {
    fn ty(&self, node: Node) -> Type {
        self.types.ty(node).expect("a program without mistakes has a type for all")
    }

    fn head(&self, relation: RelationId, terms: &[HeadTerm]) -> Head {
        let terms = terms.iter().map(|term| match term {
            HeadTerm::Value(expr) => TypedTerm::Value(self.expr(expr)),
            HeadTerm::Aggregate { function, arguments, node } => TypedTerm::Aggregate(Aggregate {
                function: *function,
                arguments: arguments.iter().map(|argument| self.expr(argument)).collect(),
                ty: self.ty(*node),
            }),
        });
        Head { relation, terms: terms.collect() }
    }

    fn literal(&self, literal: &Literal) -> TypedLiteral {
        match literal {
            Literal::Atom { relation, negated, terms, span } => TypedLiteral::Atom(Atom {
                relation: *relation,
                negated: *negated,
                terms: terms.iter().map(|term| self.term(term)).collect(),
                span: *span,
            }),
            Literal::Equation { left, right, role, span } => {
                self.equation(left, right, *role, *span)
            }
            Literal::Test { condition, span } => {
                TypedLiteral::Test { condition: self.expr(condition), span: *span }
            }
            Literal::In(range) => self.range(range),
            Literal::Clock { comparison, moment, span } => {
                let mut value = self.expr(moment);
                if self.ty(moment.node) == Type::Date {
                    value = self.apply(Function::Begins { days_later: 0 }, vec![value]);
                }
                TypedLiteral::Clock { comparison: *comparison, moment: value, span: *span }
            }
        }
    }

    fn equation(
        &self,
        left: &draft::Expr,
        right: &draft::Expr,
        role: Role,
        span: Span,
    ) -> TypedLiteral {
        let (variable, value) = match role {
            Role::BindLeft => (left, right),
            Role::BindRight => (right, left),
            Role::Test => {
                let equal = Function::Compare(crate::model::Comparison::Equal);
                let condition = self.apply(equal, vec![self.expr(left), self.expr(right)]);
                return TypedLiteral::Test { condition, span };
            }
        };
        let variable = variable.as_variable().expect("only variables are bound");
        TypedLiteral::Assign { variable, value: self.expr(value), span }
    }

    fn range(&self, range: &draft::In) -> TypedLiteral {
        let step = range_step(range, self.ty(range.from.node)).expect("steps were checked");
        let (from, to, span) = (self.expr(&range.from), self.expr(&range.to), range.span);
        let inclusive = range.inclusive;
        if range.binds {
            let variable = range.value.as_variable().expect("only variables are bound");
            return TypedLiteral::Range(Range { variable, from, to, inclusive, step, span });
        }
        let test = Function::InRange { inclusive, step };
        TypedLiteral::Test {
            condition: self.apply(test, vec![self.expr(&range.value), from, to]),
            span,
        }
    }

    fn term(&self, term: &Term) -> TypedAtomTerm {
        match term {
            Term::Wildcard => TypedAtomTerm::Wildcard,
            Term::Variable(variable, _) => TypedAtomTerm::Variable(*variable),
            Term::Constant(expr) => match self.expr(expr) {
                Expr::Constant(value) => TypedAtomTerm::Constant(value),
                other => unreachable!("{other:?} is no constant"),
            },
        }
    }

    fn expr(&self, expr: &draft::Expr) -> Expr {
        match &expr.kind {
            ExprKind::Constant(constant) => Expr::Constant(value(constant, self.ty(expr.node))),
            ExprKind::Variable(variable) => Expr::Variable(*variable),
            ExprKind::Shift { operand, by } => self.shift(operand, *by),
            ExprKind::Call { callee, arguments } => self.call(callee, arguments),
            ExprKind::Broken => unreachable!("a program without mistakes has nothing broken"),
        }
    }

    fn shift(&self, operand: &draft::Expr, by: DurationLiteral) -> Expr {
        let mut moved = self.expr(operand);
        let whole = || exact(by, operand.span).expect("lengths were checked");
        match self.ty(operand.node) {
            Type::Date => {
                let span = CalendarSpan { months: by.months, days: by.days };
                if span != CalendarSpan::default() || by.micros == 0 {
                    moved = self.apply(Function::ShiftDate(span), vec![moved]);
                }
                if by.micros != 0 {
                    let clock = Expr::Constant(Value::Duration(Duration::from_micros(by.micros)));
                    moved = self.apply(Function::DateAt, vec![moved, clock]);
                }
                moved
            }
            Type::Time => self
                .apply(Function::ShiftTime, vec![moved, Expr::Constant(Value::Duration(whole()))]),
            _ => self.apply(Function::Add, vec![moved, Expr::Constant(Value::Duration(whole()))]),
        }
    }

    fn call(&self, callee: &Callee, arguments: &[draft::Expr]) -> Expr {
        let mut values: Vec<Expr> = arguments.iter().map(|argument| self.expr(argument)).collect();
        let types: Vec<Type> = arguments.iter().map(|argument| self.ty(argument.node)).collect();
        let function = match (callee, types.as_slice()) {
            (Callee::Function(function), _) => function.clone(),
            (Callee::Add, [Type::Duration, Type::Date]) => {
                values.reverse();
                Function::DateAt
            }
            (Callee::Add, [Type::Duration, Type::Time]) => {
                values.reverse();
                Function::ShiftTime
            }
            (Callee::Add, [Type::Date, _]) => Function::DateAt,
            (Callee::Add, [Type::Time, _]) => Function::ShiftTime,
            (Callee::Add, _) => Function::Add,
            (Callee::Subtract, [Type::Date, Type::Date] | [Type::Time, Type::Time]) => {
                Function::Since
            }
            (Callee::Subtract, [ty @ (Type::Date | Type::Time), _]) => {
                let back = values.pop().expect("two operands");
                values.push(self.apply(Function::Negate, vec![back]));
                if *ty == Type::Date { Function::DateAt } else { Function::ShiftTime }
            }
            (Callee::Subtract, _) => Function::Subtract,
        };
        self.apply(function, values)
    }

    /// A call; of constants it is the value that it has, if it has one.
    fn apply(&self, function: Function, arguments: Vec<Expr>) -> Expr {
        let constants = arguments.iter().map(|argument| match argument {
            Expr::Constant(value) => Some(value.clone()),
            Expr::Variable(_) | Expr::Call { .. } => None,
        });
        let constants: Option<Vec<Value>> = constants.collect();
        match constants.and_then(|values| function.apply(&values, self.zone).ok()) {
            Some(value) => Expr::Constant(value),
            None => Expr::Call { function, arguments },
        }
    }
}

fn value(constant: &Constant, ty: Type) -> Value {
    match constant {
        Constant::Bool(value) => Value::Bool(*value),
        // The one conversion: 64 bits of int may lose their last digits as a float.
        Constant::Int(value) if ty == Type::Float => {
            Value::Float(Float::new(*value as f64).expect("every int is finite as a float"))
        }
        Constant::Int(value) => Value::Int(*value),
        Constant::Float(value) => Value::Float(Float::new(*value).expect("it was checked")),
        Constant::Text(value) => Value::text(value.as_str()),
        Constant::Date(value) => Value::Date(*value),
        Constant::Time(value) => Value::Time(*value),
        Constant::Duration(literal) => {
            let nowhere = Span { file: crate::diagnostic::FileId(0), start: 0, end: 0 };
            Value::Duration(exact(*literal, nowhere).expect("lengths were checked"))
        }
    }
}
