//! Recursion that computes new values has to be limited in the same rule, or it might go on
//! until the bound of rounds: by a comparison, a range, or an atom of something that is not
//! part of the recursion.

use super::VariableId;
use super::draft::{Callee, Draft, Expr, ExprKind, HeadTerm, In, Literal, Role, Term};
use super::stratify::Dependencies;
use crate::diagnostic::Diagnostic;
use crate::model::{Comparison, Function, RelationId};

/// Reports the heads of recursive rules that may go on for ever.
pub(super) fn check(
    drafts: &[Draft],
    dependencies: &Dependencies,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for draft in drafts {
        let Some(head) = draft.relation else { continue };
        let recursion = Recursion::of(draft, head, dependencies);
        if !recursion.recursive.contains(&true) {
            continue;
        }
        for term in &draft.head {
            let HeadTerm::Value(value) = term else { continue };
            if recursion.grows(value) {
                let text = "this recursion may never end: nothing limits the value it computes";
                let hint = "Limit it in the same rule: by a comparison, a range, or a literal \
                            over facts that has it as a term.";
                let label = "computed from the rule's own results";
                diagnostics.push(Diagnostic::error(text, value.span).labelled(label).hint(hint));
                break;
            }
        }
    }
}

struct Recursion<'a> {
    draft: &'a Draft,
    /// The variables that atoms of the recursion bind.
    recursive: Vec<bool>,
    limited: Vec<bool>,
}

impl<'a> Recursion<'a> {
    fn of(draft: &'a Draft, head: RelationId, dependencies: &Dependencies) -> Recursion<'a> {
        // What could not be resolved may limit what it mentions.
        let limited = draft.variables.iter().map(|variable| variable.excused).collect();
        let recursive = vec![false; draft.variables.len()];
        let mut found = Recursion { draft, recursive, limited };
        for literal in &draft.body {
            match literal {
                Literal::Atom { relation, negated: false, terms, .. } => {
                    let recursive = dependencies.is_recursive(head, *relation);
                    for term in terms {
                        let Term::Variable(variable, _) = term else { continue };
                        match recursive {
                            true => found.recursive[variable.index()] = true,
                            false => found.limited[variable.index()] = true,
                        }
                    }
                }
                Literal::Atom { .. } => {}
                Literal::Equation { left, right, role: Role::Test, .. } => {
                    found.limit(left);
                    found.limit(right);
                }
                Literal::Equation { .. } => {}
                Literal::Test { condition, .. } if !is_inequality(condition) => {
                    found.limit(condition);
                }
                Literal::Test { .. } => {}
                Literal::In(range) if !range.binds => found.limit_range(range),
                Literal::In(_) => {}
                Literal::Clock { moment, .. } => found.limit(moment),
            }
        }
        found.pass_on();
        // A range limits what it makes, unless its own ends move on with each round.
        for literal in &draft.body {
            if let Literal::In(range) = literal
                && (!found.grows(&range.from) || is_later(&range.from) == Some(true))
                && (!found.grows(&range.to) || is_later(&range.to) == Some(false))
            {
                found.limit_range(range);
            }
        }
        found.pass_on();
        found
    }

    fn limit_range(&mut self, range: &In) {
        self.limit(&range.value);
        self.limit(&range.from);
        self.limit(&range.to);
    }

    fn limit(&mut self, expr: &Expr) {
        expr.variables(&mut |variable, _| self.limited[variable.index()] = true);
    }

    /// What is computed from limited values is limited, and the other way round.
    fn pass_on(&mut self) {
        for _ in 0..self.draft.body.len() {
            for literal in &self.draft.body {
                let Some((variable, value)) = binding(literal) else { continue };
                if self.limited[variable.index()] {
                    self.limit(value);
                }
                let mut all = true;
                value.variables(&mut |part, _| all &= self.limited[part.index()]);
                self.limited[variable.index()] |= all;
            }
        }
    }

    /// Whether a value may be a new one in every round.
    fn grows(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Constant(_) | ExprKind::Broken => false,
            ExprKind::Variable(variable) => {
                let bindings = self.draft.body.iter().flat_map(bindings);
                let mut own = bindings.filter(|(bound, _)| bound == variable);
                !self.limited[variable.index()] && own.any(|(_, value)| self.grows(value))
            }
            ExprKind::Shift { operand, .. } => self.is_unlimited(operand),
            ExprKind::Call { callee, arguments } => match callee {
                Callee::Add
                | Callee::Subtract
                | Callee::Function(
                    Function::Multiply | Function::Concat | Function::Replace | Function::Hash,
                ) => arguments.iter().any(|argument| self.is_unlimited(argument)),
                Callee::Function(function) if is_bounded(function) => false,
                Callee::Function(_) => arguments.iter().any(|argument| self.grows(argument)),
            },
        }
    }

    fn is_unlimited(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.variables(&mut |variable, _| found |= self.is_free(variable));
        found
    }

    /// Whether a variable comes from the recursion alone.
    fn is_free(&self, variable: VariableId) -> bool {
        if self.limited[variable.index()] {
            return false;
        }
        let bindings = self.draft.body.iter().flat_map(bindings);
        let mut own = bindings.filter(|(bound, _)| *bound == variable);
        self.recursive[variable.index()] || own.any(|(_, value)| self.is_unlimited(value))
    }
}

fn binding(literal: &Literal) -> Option<(VariableId, &Expr)> {
    match literal {
        Literal::Equation { left, right, role: Role::BindLeft, .. } => {
            left.as_variable().map(|variable| (variable, right))
        }
        Literal::Equation { left, right, role: Role::BindRight, .. } => {
            right.as_variable().map(|variable| (variable, left))
        }
        _ => None,
    }
}

/// Whether it is something plus something, which keeps a range's start from falling, or minus,
/// which keeps its end from rising; `None` for all else.
fn is_later(expr: &Expr) -> Option<bool> {
    match &expr.kind {
        ExprKind::Call { callee: Callee::Add, .. } => Some(true),
        ExprKind::Call { callee: Callee::Subtract, .. } => Some(false),
        ExprKind::Shift { by, .. } => Some(by.months >= 0 && by.days >= 0 && by.micros >= 0),
        ExprKind::Constant(_)
        | ExprKind::Variable(_)
        | ExprKind::Call { .. }
        | ExprKind::Broken => None,
    }
}

/// What a variable gets its values from: an equality, or the ends of a range.
fn bindings(literal: &Literal) -> Vec<(VariableId, &Expr)> {
    match literal {
        Literal::In(range) if range.binds => {
            let variable = range.value.as_variable();
            variable.map_or_else(Vec::new, |it| vec![(it, &range.from), (it, &range.to)])
        }
        literal => binding(literal).into_iter().collect(),
    }
}

fn is_inequality(condition: &Expr) -> bool {
    let unequal = Function::Compare(Comparison::NotEqual);
    matches!(&condition.kind, ExprKind::Call { callee: Callee::Function(f), .. } if *f == unequal)
}

/// Functions that have only so many values, whatever they are given.
fn is_bounded(function: &Function) -> bool {
    matches!(
        function,
        Function::Compare(_)
            | Function::Not
            | Function::StartsWith
            | Function::EndsWith
            | Function::Contains
            | Function::Remainder
            | Function::Month
            | Function::Day
            | Function::Weekday
            | Function::Hour
            | Function::Minute
    )
}
