//! Expressions over the columns of a row.

use serde::{Deserialize, Serialize};

use crate::model::{Comparison, Function, Value};
use crate::program::{Expr, VariableId};

/// An expression whose variables have become columns, counted from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scalar {
    Constant(Value),
    Column(usize),
    Call { function: Function, arguments: Vec<Scalar> },
}

impl Scalar {
    /// The expression with each variable replaced by the column that `column` finds for it.
    pub fn new(expr: &Expr, column: &impl Fn(VariableId) -> usize) -> Scalar {
        match expr {
            Expr::Constant(value) => Scalar::Constant(value.clone()),
            Expr::Variable(variable) => Scalar::Column(column(*variable)),
            Expr::Call { function, arguments } => Scalar::Call {
                function: function.clone(),
                arguments: arguments.iter().map(|argument| Scalar::new(argument, column)).collect(),
            },
        }
    }

    /// Whether the two are equal.
    pub fn equal(left: Scalar, right: Scalar) -> Scalar {
        let function = Function::Compare(Comparison::Equal);
        Scalar::Call { function, arguments: vec![left, right] }
    }

    /// Whether some row may have no value for it.
    pub fn can_fail(&self) -> bool {
        match self {
            Scalar::Constant(_) | Scalar::Column(_) => false,
            Scalar::Call { function, arguments } => {
                let never_fails = matches!(
                    function,
                    Function::Compare(_) | Function::Not | Function::Begins { .. }
                );
                !never_fails || arguments.iter().any(Scalar::can_fail)
            }
        }
    }
}
