//! Top-down matching of one rule's body: some variables are bound from the start, and literals
//! are tried in an order in which each has what it needs. Where nothing matches, how far it came
//! is what there is to say.

use std::ops::ControlFlow;

use super::facts::Facts;
use super::notation::Bindings;
use crate::model::{NoValue, Row, Value, range_contains, range_values};
use crate::program::{Atom, Expr, HeadTerm, Literal, Program, Rule, Term, VariableId};

/// How many rows and values one search tries.
pub(super) const TRIES_MAX: usize = 2_000_000;

/// How many dead ends are kept: as many as anybody reads.
const DEAD_ENDS_MAX: usize = 3;

/// A literal that matched; the row where it is a positive atom.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) literal: usize,
    pub(super) row: Option<Row>,
}

/// Where a search could not go on.
#[derive(Clone, Debug)]
pub(super) struct DeadEnd {
    /// What matched before.
    pub(super) steps: Vec<Step>,
    /// The literal that fails.
    pub(super) literal: usize,
    pub(super) bindings: Bindings,
    /// The row that is there although it should not.
    pub(super) row: Option<Row>,
    pub(super) no_value: Option<NoValue>,
}

/// How a search ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// The furthest.
    pub(super) dead_ends: Vec<DeadEnd>,
    /// Whether there may be more than was found.
    pub(super) is_cut: bool,
}

/// Goes on with a match, or has seen enough.
pub(super) type Visit<'v> = dyn FnMut(&Bindings, &[Step]) -> ControlFlow<()> + 'v;

/// What a rule's variables are where its head is this row; `None` where it cannot be.
pub(super) fn bind_head(rule: &Rule, row: &[Value]) -> Option<Bindings> {
    let mut bindings = vec![None; rule.variables.len()];
    let fits = rule.head.terms.iter().zip(row).all(|(term, value)| match term {
        HeadTerm::Value(Expr::Constant(constant)) => constant == value,
        HeadTerm::Value(Expr::Variable(variable)) => bind(&mut bindings, *variable, value),
        // What is computed is compared once the body has matched.
        HeadTerm::Value(Expr::Call { .. }) | HeadTerm::Aggregate(_) => true,
    });
    fits.then_some(bindings)
}

/// The head's row; `None` where an expression has no value.
pub(super) fn head_row(program: &Program, rule: &Rule, bindings: &Bindings) -> Option<Row> {
    let value = |term: &HeadTerm| match term {
        HeadTerm::Value(expr) => evaluate(program, expr, bindings).ok(),
        HeadTerm::Aggregate(_) => None,
    };
    rule.head.terms.iter().map(value).collect()
}

/// Matches the body's literals from the place `from` on, in every way.
pub(super) fn search(
    facts: &mut Facts<'_>,
    rule: &Rule,
    from: usize,
    bindings: Bindings,
    visit: &mut Visit<'_>,
) -> Ended {
    let order = order(rule, from, &bindings);
    let (steps, ended) = (Vec::new(), Ended::default());
    let mut search = Search { facts, rule, order, bindings, steps, visit, tries: 0, ended };
    // Whether it was stopped is for whoever stopped it.
    let _ = search.walk();
    search.ended
}

struct Search<'s, 'a, 'v> {
    facts: &'s mut Facts<'a>,
    rule: &'s Rule,
    /// The literals, by place, each after those that bind its variables.
    order: Vec<usize>,
    bindings: Bindings,
    steps: Vec<Step>,
    visit: &'s mut Visit<'v>,
    tries: usize,
    ended: Ended,
}

impl Search<'_, '_, '_> {
    fn walk(&mut self) -> ControlFlow<()> {
        let Some(place) = self.order.get(self.steps.len()).copied() else {
            return (self.visit)(&self.bindings, &self.steps);
        };
        let rule = self.rule;
        match &rule.body[place] {
            Literal::Atom(atom) => self.walk_atom(atom, place),
            Literal::Assign { variable, value, .. } => match self.value(value) {
                Ok(value) => self.with(*variable, value, place),
                Err(error) => self.no_value(place, error),
            },
            Literal::Test { condition, .. } => match self.value(condition) {
                Ok(Value::Bool(true)) => self.go_on(place, None),
                Ok(_) => self.dead_end(place, None),
                Err(error) => self.no_value(place, error),
            },
            Literal::Range(range) => {
                let (from, to) = match (self.value(&range.from), self.value(&range.to)) {
                    (Ok(from), Ok(to)) => (from, to),
                    (Err(error), _) | (_, Err(error)) => return self.no_value(place, error),
                };
                if let Some(bound) = self.bindings[range.variable.index()].clone() {
                    return match range_contains(&bound, &from, &to, range.inclusive, range.step) {
                        Ok(true) => self.go_on(place, None),
                        Ok(false) => self.dead_end(place, None),
                        Err(error) => self.no_value(place, error),
                    };
                }
                let mut values = match range_values(&from, &to, range.inclusive, range.step) {
                    Ok(values) => values.peekable(),
                    Err(error) => return self.no_value(place, error),
                };
                if values.peek().is_none() {
                    return self.dead_end(place, None);
                }
                values.try_for_each(|value| {
                    self.count()?;
                    self.with(range.variable, value, place)
                })
            }
            Literal::Clock { comparison, moment, .. } => match self.value(moment) {
                Ok(moment) if comparison.holds(Value::Time(self.facts.now).cmp(&moment)) => {
                    self.go_on(place, None)
                }
                Ok(_) => self.dead_end(place, None),
                Err(error) => self.no_value(place, error),
            },
        }
    }

    fn walk_atom(&mut self, atom: &Atom, place: usize) -> ControlFlow<()> {
        let pattern = pattern(atom, &self.bindings);
        let rows = self.facts.matching(atom.relation, &pattern);
        let before = self.bindings.clone();
        let mut matched = false;
        for row in rows {
            self.count()?;
            if !unify(atom, &row, &mut self.bindings) {
                self.bindings.clone_from(&before);
                continue;
            }
            matched = true;
            if atom.negated {
                self.bindings.clone_from(&before);
                return self.dead_end(place, Some(row));
            }
            let flow = self.go_on(place, Some(row));
            self.bindings.clone_from(&before);
            flow?;
        }
        match (matched, atom.negated) {
            (true, _) => ControlFlow::Continue(()),
            (false, true) => self.go_on(place, None),
            (false, false) => self.dead_end(place, None),
        }
    }

    /// Goes on with the variable bound; where it is bound already, it must be the same.
    fn with(&mut self, variable: VariableId, value: Value, place: usize) -> ControlFlow<()> {
        let before = self.bindings[variable.index()].clone();
        if before.as_ref().is_some_and(|bound| *bound != value) {
            return self.dead_end(place, None);
        }
        self.bindings[variable.index()] = Some(value);
        let flow = self.go_on(place, None);
        self.bindings[variable.index()] = before;
        flow
    }

    fn go_on(&mut self, literal: usize, row: Option<Row>) -> ControlFlow<()> {
        self.steps.push(Step { literal, row });
        let flow = self.walk();
        self.steps.pop();
        flow
    }

    fn dead_end(&mut self, literal: usize, row: Option<Row>) -> ControlFlow<()> {
        self.remember(literal, row, None);
        ControlFlow::Continue(())
    }

    fn no_value(&mut self, literal: usize, error: NoValue) -> ControlFlow<()> {
        self.remember(literal, None, Some(error));
        ControlFlow::Continue(())
    }

    /// Keeps the dead ends that came furthest, and the first of them.
    fn remember(&mut self, literal: usize, row: Option<Row>, no_value: Option<NoValue>) {
        let known = &mut self.ended.dead_ends;
        let furthest = known.first().map_or(0, |one| one.steps.len());
        if self.steps.len() > furthest {
            known.clear();
        }
        if self.steps.len() >= furthest && known.len() < DEAD_ENDS_MAX {
            let (steps, bindings) = (self.steps.clone(), self.bindings.clone());
            known.push(DeadEnd { steps, literal, bindings, row, no_value });
        }
    }

    fn count(&mut self) -> ControlFlow<()> {
        self.tries += 1;
        if self.tries > TRIES_MAX {
            self.ended.is_cut = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn value(&self, expr: &Expr) -> Result<Value, NoValue> {
        evaluate(self.facts.program, expr, &self.bindings)
    }
}

/// What an expression over bound variables is worth.
pub(super) fn evaluate(
    program: &Program,
    expr: &Expr,
    bindings: &Bindings,
) -> Result<Value, NoValue> {
    match expr {
        Expr::Constant(value) => Ok(value.clone()),
        Expr::Variable(variable) => {
            Ok(bindings[variable.index()].clone().expect("literals are in order"))
        }
        Expr::Call { function, arguments } => {
            let arguments = arguments.iter().map(|one| evaluate(program, one, bindings));
            let arguments = arguments.collect::<Result<Vec<Value>, NoValue>>()?;
            function.apply(&arguments, &program.zone)
        }
    }
}

/// What an atom asks for.
pub(super) fn pattern(atom: &Atom, bindings: &Bindings) -> Vec<Option<Value>> {
    let term = |term: &Term| match term {
        Term::Wildcard => None,
        Term::Constant(value) => Some(value.clone()),
        Term::Variable(variable) => bindings[variable.index()].clone(),
    };
    atom.terms.iter().map(term).collect()
}

/// Binds what the row binds; whether it is one that the atom means.
fn unify(atom: &Atom, row: &Row, bindings: &mut Bindings) -> bool {
    atom.terms.iter().zip(row).all(|(term, value)| match term {
        Term::Wildcard => true,
        Term::Constant(constant) => constant == value,
        Term::Variable(variable) => bind(bindings, *variable, value),
    })
}

fn bind(bindings: &mut Bindings, variable: VariableId, value: &Value) -> bool {
    let bound = bindings[variable.index()].get_or_insert_with(|| value.clone());
    bound == value
}

/// As written, but for atoms that are joined to nothing before them, which come when nothing else
/// can go on, and absences, which come last: so that what a dead end says reads like the rule.
fn order(rule: &Rule, from: usize, bindings: &Bindings) -> Vec<usize> {
    let mut bound: Vec<bool> = bindings.iter().map(Option::is_some).collect();
    let mut left: Vec<usize> = (from..rule.body.len()).collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_bound = |variable: &VariableId| bound[variable.index()];
        let is_atom =
            |place: &usize| matches!(&rule.body[*place], Literal::Atom(atom) if !atom.negated);
        let is_absence =
            |place: &usize| matches!(&rule.body[*place], Literal::Atom(atom) if atom.negated);
        let goes_on = |place: &usize| match &rule.body[*place] {
            Literal::Atom(atom) if atom.negated => false,
            literal @ Literal::Atom(_) => produced(literal).iter().any(is_bound),
            literal => needed(literal).iter().all(is_bound),
        };
        let next = left.iter().position(goes_on);
        let next = next.or_else(|| left.iter().position(is_atom));
        let next = next.or_else(|| left.iter().position(is_absence));
        let place = left.remove(next.expect("the checker saw that the rule is safe"));
        produced(&rule.body[place]).iter().for_each(|variable| bound[variable.index()] = true);
        order.push(place);
    }
    order
}

/// The variables that must be bound before the literal.
fn needed(literal: &Literal) -> Vec<VariableId> {
    let mut variables = Vec::new();
    let mut add = |variable| variables.push(variable);
    match literal {
        Literal::Atom(atom) if atom.negated => return atom_variables(atom),
        Literal::Atom(_) => {}
        Literal::Assign { value, .. } => value.variables(&mut add),
        Literal::Test { condition, .. } => condition.variables(&mut add),
        Literal::Range(range) => {
            range.from.variables(&mut add);
            range.to.variables(&mut add);
        }
        Literal::Clock { moment, .. } => moment.variables(&mut add),
    }
    variables
}

/// The variables that the literal binds.
fn produced(literal: &Literal) -> Vec<VariableId> {
    match literal {
        Literal::Atom(atom) if !atom.negated => atom_variables(atom),
        Literal::Assign { variable, .. } => vec![*variable],
        Literal::Range(range) => vec![range.variable],
        Literal::Atom(_) | Literal::Test { .. } | Literal::Clock { .. } => Vec::new(),
    }
}

fn atom_variables(atom: &Atom) -> Vec<VariableId> {
    let variable = |term: &Term| match term {
        Term::Variable(variable) => Some(*variable),
        Term::Wildcard | Term::Constant(_) => None,
    };
    atom.terms.iter().filter_map(variable).collect()
}
