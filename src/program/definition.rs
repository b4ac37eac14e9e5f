//! A checked program: names resolved to ids, goals expanded to plain rules, every expression
//! typed and its functions resolved. Only `check` builds one, so whoever holds a [`Program`]
//! may rely on its being safe, well typed and stratifiable.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Span;
use crate::model::{
    Comparison, Function, Goal, Pool, RangeStep, Relation, RelationId, Schema, Type, Value, Zone,
};

/// Everything that a rules file and its includes mean.
#[derive(Clone, Debug)]
pub struct Program {
    pub schema: Schema,
    /// Facts of the program are rules with an empty body.
    pub rules: Vec<Rule>,
    pub goals: Vec<Goal>,
    pub pools: Vec<Pool>,
    pub zone: Zone,
    pub builtins: Builtins,
}

impl Program {
    /// The relations that have a source.
    pub fn sourced(&self) -> Vec<Relation> {
        let relations = self.schema.relations().iter();
        relations.filter(|relation| relation.source.is_some()).cloned().collect()
    }
}

/// The relations that the engine writes itself.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Builtins {
    /// `today(d: date)`, one row.
    pub today: RelationId,
    /// `rule_error(rule: text, line: int, message: text, rows: int)`.
    pub rule_error: RelationId,
    /// `source.status(relation: text, at: time, rows: int, error: text)`, one row for each source
    /// that was read at some time. Whoever reads the sources writes it.
    pub source_status: RelationId,
}

/// `head :- body`, with the order of the body as written.
#[derive(Clone, Debug)]
pub struct Rule {
    pub head: Head,
    pub body: Vec<Literal>,
    /// Name and type of each variable, by [`VariableId`]. Wildcards are not variables.
    pub variables: Vec<Variable>,
    pub span: Span,
    /// The line on which it stands, counted from 1.
    pub line: u32,
    /// What `rule_error` calls it: its head as written, `csv.expected(c, d)`.
    pub label: String,
}

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub ty: Type,
}

/// A variable's place in [`Rule::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u32);

impl VariableId {
    /// The place as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Clone, Debug)]
pub struct Head {
    pub relation: RelationId,
    /// One per column of the relation.
    pub terms: Vec<HeadTerm>,
}

/// The head's values; where any is an aggregate, the others are the group.
#[derive(Clone, Debug)]
pub enum HeadTerm {
    Value(Expr),
    Aggregate(Aggregate),
}

#[derive(Clone, Debug)]
pub struct Aggregate {
    pub function: AggregateFunction,
    /// None for `count`, two for `argmin` and `argmax`, else one.
    pub arguments: Vec<Expr>,
    /// The type of the result.
    pub ty: Type,
}

/// Over the distinct matching rows of the body. No group is ever empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AggregateFunction {
    Count,
    /// int, float or duration. A float sum is exact, and rounded once.
    Sum,
    /// Any type.
    Min,
    Max,
    /// int, float; gives a float, exact and rounded once. duration; gives a duration,
    /// truncated towards zero.
    Mean,
    /// The first argument where the second is least; ties: the least first argument.
    ArgMin,
    ArgMax,
}

#[derive(Clone, Debug)]
pub enum Literal {
    Atom(Atom),
    /// `x = e`, where nothing else binds `x`. Where `x` stands for an expression in an atom, the
    /// atom has it too, and the two are equal.
    Assign {
        variable: VariableId,
        value: Expr,
        span: Span,
    },
    /// A bool expression that must be true: comparisons, boolean functions, bound `in`.
    Test {
        condition: Expr,
        span: Span,
    },
    /// `x in a..b`, where nothing else binds `x`.
    Range(Range),
    /// `now comparison moment`. `moment` is a time (a date was given its midnight).
    Clock {
        comparison: Comparison,
        moment: Expr,
        span: Span,
    },
}

#[derive(Clone, Debug)]
pub struct Atom {
    pub relation: RelationId,
    pub negated: bool,
    /// One per column. A variable may stand several times.
    pub terms: Vec<Term>,
    pub span: Span,
}

/// Expressions in atoms have become fresh variables with an `Assign`, or constants.
#[derive(Clone, Debug)]
pub enum Term {
    Wildcard,
    Variable(VariableId),
    Constant(Value),
}

/// The values `from`, `from + step`, … up to `to`; none where there are more than 10 million
/// (then `NoValue::RangeTooLong`).
#[derive(Clone, Debug)]
pub struct Range {
    pub variable: VariableId,
    pub from: Expr,
    pub to: Expr,
    pub inclusive: bool,
    pub step: RangeStep,
    pub span: Span,
}

/// A typed expression over the variables of one rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    Constant(Value),
    Variable(VariableId),
    Call { function: Function, arguments: Vec<Expr> },
}

impl Expr {
    /// The type of its value.
    pub fn ty(&self, variables: &[Variable]) -> Type {
        match self {
            Expr::Constant(value) => value.ty(),
            Expr::Variable(variable) => variables[variable.index()].ty,
            Expr::Call { function, arguments } => {
                let first = arguments.first().map(|argument| argument.ty(variables));
                let durations =
                    || arguments.iter().any(|argument| argument.ty(variables) == Type::Duration);
                result_type(function, first, durations)
            }
        }
    }

    /// Calls `visit` for every variable in it, left to right, repeats included.
    pub fn variables(&self, visit: &mut impl FnMut(VariableId)) {
        match self {
            Expr::Constant(_) => {}
            Expr::Variable(variable) => visit(*variable),
            Expr::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| argument.variables(visit));
            }
        }
    }
}

impl Rule {
    /// The relations that its body reads, repeats included.
    pub fn relations(&self) -> impl Iterator<Item = RelationId> + '_ {
        self.body.iter().filter_map(|literal| match literal {
            Literal::Atom(atom) => Some(atom.relation),
            Literal::Assign { .. }
            | Literal::Test { .. }
            | Literal::Range(_)
            | Literal::Clock { .. } => None,
        })
    }
}

/// The type of a function's value, from that of its first argument and whether any argument is
/// a duration, where these matter.
fn result_type(function: &Function, first: Option<Type>, durations: impl Fn() -> bool) -> Type {
    match function {
        Function::Compare(_)
        | Function::StartsWith
        | Function::EndsWith
        | Function::Contains
        | Function::InRange { .. }
        | Function::Not => Type::Bool,
        Function::Multiply if durations() => Type::Duration,
        Function::Negate
        | Function::Add
        | Function::Subtract
        | Function::Multiply
        | Function::Divide
        | Function::Remainder
        | Function::Absolute
        | Function::Least
        | Function::Greatest => first.expect("arithmetic has arguments"),
        Function::Concat
        | Function::ToText
        | Function::Lower
        | Function::Upper
        | Function::Trim
        | Function::Replace
        | Function::Split => Type::Text,
        Function::ShiftDate(_) | Function::ToDate | Function::StartOf => Type::Date,
        Function::DateAt | Function::ShiftTime | Function::ToTime | Function::Begins { .. } => {
            Type::Time
        }
        Function::Since => Type::Duration,
        Function::ToFloat => Type::Float,
        Function::Round
        | Function::Floor
        | Function::Ceiling
        | Function::ToInt
        | Function::Length
        | Function::Year
        | Function::Month
        | Function::Day
        | Function::Weekday
        | Function::Hour
        | Function::Minute
        | Function::Hash => Type::Int,
    }
}
