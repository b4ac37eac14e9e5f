//! What binds each variable of a rule: atoms, else equalities, else ranges. What nothing binds
//! is refused (range restriction), for it would stand for everything there is.

use super::VariableId;
use super::draft::{Draft, Expr, HeadTerm, Literal, Role, Term};
use super::expand::Origin;
use super::typing::Typing;
use crate::diagnostic::{Diagnostic, Span};

/// Decides which equalities and ranges bind, and reports the variables that nothing binds.
pub(super) fn bind(draft: &mut Draft, types: &mut Typing, diagnostics: &mut Vec<Diagnostic>) {
    let roles = decide(draft, None);
    let bound = roles.bound.clone();
    let mut made = Vec::new();
    for (place, literal) in draft.body.iter().enumerate() {
        if let Literal::Equation { left, right, .. } = literal
            && let Some(variable) = made_variable(draft, left)
        {
            made.push((place, made_role(draft, &bound, variable, right)));
        }
    }
    for (place, literal) in draft.body.iter_mut().enumerate() {
        match literal {
            Literal::Equation { role, .. } => *role = roles.equations[place],
            Literal::In(range) => range.binds = roles.ranges[place],
            Literal::Atom { .. } | Literal::Test { .. } | Literal::Clock { .. } => {}
        }
    }
    for (place, decided) in made {
        if let Literal::Equation { role, .. } = &mut draft.body[place] {
            *role = decided;
        }
    }
    let reported = vec![false; draft.variables.len()];
    let mut safety = Safety { draft, bound, diagnostics, reported };
    safety.check();
    // That its type is unknown too would say nothing new.
    for (variable, reported) in draft.variables.iter().zip(&safety.reported) {
        if *reported {
            types.silence(variable.node);
        }
    }
}

struct Roles {
    bound: Vec<bool>,
    equations: Vec<Role>,
    ranges: Vec<bool>,
}

/// The variables bound, with or without one of the atoms, and what binds them. Variables made
/// for an atom's expressions count as bound.
fn decide(draft: &Draft, without: Option<usize>) -> Roles {
    let mut bound: Vec<bool> = draft.variables.iter().map(|v| v.excused || v.made).collect();
    for (place, literal) in draft.body.iter().enumerate() {
        if let Literal::Atom { negated: false, terms, .. } = literal
            && Some(place) != without
        {
            for term in terms {
                if let Term::Variable(variable, _) = term {
                    bound[variable.index()] = true;
                }
            }
        }
    }
    let equations = vec![Role::Test; draft.body.len()];
    let mut roles = Roles { bound, equations, ranges: vec![false; draft.body.len()] };
    while bind_equation(draft, &mut roles) || bind_range(draft, &mut roles) {}
    roles
}

fn bind_equation(draft: &Draft, roles: &mut Roles) -> bool {
    for (place, literal) in draft.body.iter().enumerate() {
        let Literal::Equation { left, right, .. } = literal else { continue };
        for (side, other, role) in [(left, right, Role::BindLeft), (right, left, Role::BindRight)] {
            if let Some(variable) = side.as_variable()
                && !roles.bound[variable.index()]
                && all_bound(other, &roles.bound)
            {
                roles.bound[variable.index()] = true;
                roles.equations[place] = role;
                return true;
            }
        }
    }
    false
}

fn bind_range(draft: &Draft, roles: &mut Roles) -> bool {
    for (place, literal) in draft.body.iter().enumerate() {
        if let Literal::In(range) = literal
            && let Some(variable) = range.value.as_variable()
            && !roles.bound[variable.index()]
            && all_bound(&range.from, &roles.bound)
            && all_bound(&range.to, &roles.bound)
        {
            roles.bound[variable.index()] = true;
            roles.ranges[place] = true;
            return true;
        }
    }
    false
}

fn all_bound(expr: &Expr, bound: &[bool]) -> bool {
    let mut all = true;
    expr.variables(&mut |variable, _| all &= bound[variable.index()]);
    all
}

fn made_variable(draft: &Draft, left: &Expr) -> Option<VariableId> {
    left.as_variable().filter(|variable| draft.variables[variable.index()].made)
}

/// An expression inside an atom is computed before the atom is asked, unless only that atom
/// binds what it needs: `r(x, x + 1)`.
fn made_role(draft: &Draft, bound: &[bool], variable: VariableId, value: &Expr) -> Role {
    let asks = |literal: &Literal| match literal {
        Literal::Atom { negated: false, terms, .. } => {
            terms.iter().any(|term| matches!(term, Term::Variable(v, _) if *v == variable))
        }
        _ => false,
    };
    let Some(place) = draft.body.iter().position(asks) else { return Role::BindLeft };
    if !all_bound(value, bound) {
        return Role::Test;
    }
    let others = decide(draft, Some(place)).bound;
    if all_bound(value, &others) { Role::BindLeft } else { Role::Test }
}

/// Where a variable has to be bound.
#[derive(Clone, Copy)]
enum Place {
    Head,
    Negation,
    Test,
    Clock,
    Due,
    RangeEnd,
}

struct Safety<'a> {
    draft: &'a Draft,
    bound: Vec<bool>,
    diagnostics: &'a mut Vec<Diagnostic>,
    reported: Vec<bool>,
}

impl Safety<'_> {
    fn check(&mut self) {
        let draft = self.draft;
        for literal in &draft.body {
            match literal {
                Literal::Atom { negated: false, .. } => {}
                Literal::Atom { terms, .. } => {
                    for term in terms {
                        if let Term::Variable(variable, span) = term {
                            self.need(*variable, *span, Place::Negation);
                        }
                    }
                }
                Literal::Equation { left, right, role, .. } => {
                    if *role == Role::Test {
                        self.follows(left, right);
                        self.follows(right, left);
                        self.need_all(left, Place::Test);
                    }
                    self.need_all(right, Place::Test);
                }
                Literal::Test { condition, .. } => self.need_all(condition, Place::Test),
                Literal::In(range) => {
                    self.follows(&range.value, &range.from);
                    self.follows(&range.value, &range.to);
                    self.need_all(&range.from, Place::RangeEnd);
                    self.need_all(&range.to, Place::RangeEnd);
                    self.need_all(&range.value, Place::RangeEnd);
                }
                Literal::Clock { moment, span, .. } => {
                    // A `due` is the whole of what it compares.
                    let is_due = draft.origin.keyword() == Some("due") && moment.span == *span;
                    self.need_all(moment, if is_due { Place::Due } else { Place::Clock });
                }
            }
        }
        for term in &draft.head {
            match term {
                HeadTerm::Value(expr) => self.need_all(expr, Place::Head),
                HeadTerm::Aggregate { arguments, .. } => {
                    arguments.iter().for_each(|argument| self.need_all(argument, Place::Head));
                }
            }
        }
    }

    /// A variable that would be bound if the other side were is not worth a second message.
    fn follows(&mut self, side: &Expr, other: &Expr) {
        let Some(variable) = side.as_variable() else { return };
        // `x = x + 1` would be bound by itself alone.
        let mut waits = false;
        other.variables(&mut |part, _| waits |= part != variable && !self.bound[part.index()]);
        if waits && other.as_variable().is_none_or(|other| !self.reported[other.index()]) {
            self.reported[variable.index()] = true;
        }
    }

    fn need_all(&mut self, expr: &Expr, place: Place) {
        let mut found = Vec::new();
        expr.variables(&mut |variable, span| found.push((variable, span)));
        for (variable, span) in found {
            self.need(variable, span, place);
        }
    }

    fn need(&mut self, variable: VariableId, span: Span, place: Place) {
        let index = variable.index();
        if self.bound[index] || std::mem::replace(&mut self.reported[index], true) {
            return;
        }
        let name = &self.draft.variables[index].name;
        let diagnostic = match (&self.draft.origin, place) {
            (Origin::Written, Place::Head) if self.draft.body.is_empty() => {
                let text = format!("{name} without quotes is a variable, and a fact has none");
                let hint = format!("Write \"{name}\", with the quotes, if it is a text.");
                Diagnostic::error(text, span).hint(hint)
            }
            (Origin::Clause { goal, keyword: keyword @ ("priority" | "pool") }, _) => {
                let text = format!("\"{name}\" is no parameter of goal \"{goal}\"");
                let hint = format!("A \"{keyword}\" is computed from {}.", self.parameters());
                Diagnostic::error(text, span).hint(hint)
            }
            (Origin::Clause { goal, keyword }, Place::Head) if *keyword != "needs" => {
                let text = format!(
                    "parameter \"{name}\" of goal \"{goal}\" is not bound by this \"{keyword}\""
                );
                let hint = format!("Add a literal that has \"{name}\" as a term.");
                Diagnostic::error(text, self.draft.span).hint(hint)
            }
            _ => self.unbound(name, span, place),
        };
        self.diagnostics.push(diagnostic);
    }

    /// The parameters of the goal of an option, which are all that its rule binds.
    fn parameters(&self) -> String {
        let variables = self.draft.variables.iter().zip(&self.bound);
        let bound = variables.filter(|(_, bound)| **bound);
        let names: Vec<&str> = bound.map(|(variable, _)| variable.name.as_str()).collect();
        match names.as_slice() {
            [] => "the goal's parameters, and there are none".to_owned(),
            names => format!("the goal's parameters: {}", names.join(", ")),
        }
    }

    fn unbound(&self, name: &str, span: Span, place: Place) -> Diagnostic {
        let label = match place {
            Place::Head if self.draft.origin == Origin::Written => "the head uses it here",
            Place::Head => "used here",
            Place::Negation => "used under \"not\" here",
            Place::Test => "used in a condition here",
            Place::Clock => "compared with now here",
            Place::Due => "the \"due\" uses it here",
            Place::RangeEnd => "used in a range here",
        };
        let hint = match place {
            Place::Negation => {
                format!(
                    "Write \"_\" for any value, or bind \"{name}\" in a literal without \"not\"."
                )
            }
            Place::Due => format!(
                "A \"due\" is computed from the goal's parameters and what its body binds, after \
                 `:-`; add a literal there that has \"{name}\" as a term."
            ),
            Place::Head | Place::Test | Place::Clock | Place::RangeEnd => format!(
                "Add a literal that has \"{name}\" as a term, or an equality that computes it."
            ),
        };
        let text = format!("variable \"{name}\" is not bound by a positive literal");
        Diagnostic::error(text, span).labelled(label).hint(hint)
    }
}
