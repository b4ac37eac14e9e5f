//! One rule: nested loops over its body's literals, then its head.

use std::collections::{BTreeMap, BTreeSet};

use owed::model::{NoValue, Row, Timestamp, Value, range_contains, range_values};
use owed::program::{Atom, Expr, HeadTerm, Literal, Program, Rule, Term, VariableId};

use super::aggregate::aggregate;
use super::evaluate::{Database, is_aggregate};

/// What one rule derives.
#[derive(Default)]
pub(super) struct Derived {
    pub rows: BTreeSet<Row>,
    /// Why heads had no value.
    pub errors: BTreeSet<NoValue>,
}

/// One matching row of the body: a value for each variable that is bound so far.
type Bindings = Vec<Option<Value>>;

pub(super) fn derive(
    program: &Program,
    rule: &Rule,
    now: Timestamp,
    relations: &Database,
) -> Derived {
    let mut derivation = Derivation {
        program,
        now,
        relations,
        order: order(rule),
        rule,
        bindings: vec![None; rule.variables.len()],
        groups: BTreeMap::new(),
        derived: Derived::default(),
    };
    derivation.walk(0);
    derivation.close_groups();
    derivation.derived
}

struct Derivation<'a> {
    program: &'a Program,
    now: Timestamp,
    relations: &'a Database,
    rule: &'a Rule,
    /// The body's literals, each after those that bind its variables.
    order: Vec<&'a Literal>,
    bindings: Bindings,
    /// For each group, the arguments of the aggregates, once for each matching row.
    groups: BTreeMap<Row, Vec<Vec<Row>>>,
    derived: Derived,
}

impl Derivation<'_> {
    /// Matches the literals from `step` on, in every way.
    fn walk(&mut self, step: usize) {
        let Some(literal) = self.order.get(step).copied() else {
            return self.emit();
        };
        match literal {
            Literal::Atom(atom) if atom.negated => {
                let relations = self.relations;
                let found = relations[&atom.relation].iter().any(|row| {
                    let mut bindings = self.bindings.clone();
                    unify(atom, row, &mut bindings)
                });
                if !found {
                    self.walk(step + 1);
                }
            }
            Literal::Atom(atom) => self.walk_atom(atom, step),
            Literal::Assign { variable, value, .. } => {
                if let Ok(value) = self.value(value) {
                    self.with(*variable, value, step);
                }
            }
            Literal::Test { condition, .. } => {
                if self.value(condition) == Ok(Value::Bool(true)) {
                    self.walk(step + 1);
                }
            }
            Literal::Range(range) => {
                let (Ok(from), Ok(to)) = (self.value(&range.from), self.value(&range.to)) else {
                    return;
                };
                if let Some(bound) = &self.bindings[range.variable.index()] {
                    if range_contains(bound, &from, &to, range.inclusive, range.step) == Ok(true) {
                        self.walk(step + 1);
                    }
                } else if let Ok(values) = range_values(&from, &to, range.inclusive, range.step) {
                    values.for_each(|value| self.with(range.variable, value, step));
                }
            }
            Literal::Clock { comparison, moment, .. } => {
                let now = Value::Time(self.now);
                if self.value(moment).is_ok_and(|moment| comparison.holds(now.cmp(&moment))) {
                    self.walk(step + 1);
                }
            }
        }
    }

    fn walk_atom(&mut self, atom: &Atom, step: usize) {
        let relations = self.relations;
        for row in &relations[&atom.relation] {
            let before = self.bindings.clone();
            if unify(atom, row, &mut self.bindings) {
                self.walk(step + 1);
            }
            self.bindings = before;
        }
    }

    /// Goes on with the variable bound; where it is bound already, it must be the same.
    fn with(&mut self, variable: VariableId, value: Value, step: usize) {
        let before = self.bindings[variable.index()].clone();
        if before.as_ref().is_none_or(|bound| *bound == value) {
            self.bindings[variable.index()] = Some(value);
            self.walk(step + 1);
            self.bindings[variable.index()] = before;
        }
    }

    /// The whole body matches: makes the head's row, or adds to its group.
    fn emit(&mut self) {
        match self.head_values() {
            Err(error) => {
                self.derived.errors.insert(error);
            }
            Ok((group, arguments)) if is_aggregate(self.rule) => {
                self.groups.entry(group).or_default().push(arguments);
            }
            Ok((row, _)) => {
                self.derived.rows.insert(row);
            }
        }
    }

    /// The head's plain values, and the arguments of each of its aggregates.
    fn head_values(&self) -> Result<(Row, Vec<Row>), NoValue> {
        let mut plain = Vec::new();
        let mut arguments = Vec::new();
        for term in &self.rule.head.terms {
            match term {
                HeadTerm::Value(value) => plain.push(self.value(value)?),
                HeadTerm::Aggregate(aggregate) => {
                    let values = aggregate.arguments.iter().map(|e| self.value(e));
                    arguments.push(values.collect::<Result<Row, NoValue>>()?);
                }
            }
        }
        Ok((plain, arguments))
    }

    fn close_groups(&mut self) {
        for (group, rows) in std::mem::take(&mut self.groups) {
            let mut plain = group.into_iter();
            let mut place = 0;
            let row = self.rule.head.terms.iter().map(|term| match term {
                HeadTerm::Value(_) => Ok(plain.next().expect("one per plain term")),
                HeadTerm::Aggregate(term) => {
                    place += 1;
                    aggregate(term.function, rows.iter().map(|row| &row[place - 1]).collect())
                }
            });
            match row.collect::<Result<Row, NoValue>>() {
                Ok(row) => {
                    self.derived.rows.insert(row);
                }
                Err(error) => {
                    self.derived.errors.insert(error);
                }
            }
        }
    }

    fn value(&self, expression: &Expr) -> Result<Value, NoValue> {
        match expression {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Variable(variable) => {
                Ok(self.bindings[variable.index()].clone().expect("literals are in order"))
            }
            Expr::Call { function, arguments } => {
                let arguments = arguments.iter().map(|e| self.value(e));
                let arguments = arguments.collect::<Result<Vec<Value>, NoValue>>()?;
                function.apply(&arguments, &self.program.zone)
            }
        }
    }
}

/// Whether the row is one that the atom means, given what is bound; binds what it binds.
fn unify(atom: &Atom, row: &Row, bindings: &mut Bindings) -> bool {
    atom.terms.iter().zip(row).all(|(term, value)| match term {
        Term::Wildcard => true,
        Term::Constant(constant) => constant == value,
        Term::Variable(variable) => {
            let bound = bindings[variable.index()].get_or_insert_with(|| value.clone());
            bound == value
        }
    })
}

/// The body's literals in an order in which each has what it needs; tests come early.
fn order(rule: &Rule) -> Vec<&Literal> {
    let mut left: Vec<&Literal> = rule.body.iter().collect();
    let mut bound = BTreeSet::new();
    let mut order = Vec::new();
    while !left.is_empty() {
        let ready = |literal: &&Literal| needed(literal).iter().all(|v| bound.contains(v));
        let is_atom = |literal: &&Literal| matches!(literal, Literal::Atom(atom) if !atom.negated);
        let joined = |literal: &&Literal| {
            is_atom(literal) && produced(literal).iter().any(|v| bound.contains(v))
        };
        let next = left.iter().position(|literal| ready(literal) && !is_atom(literal));
        let next = next.or_else(|| left.iter().position(joined));
        let next = next.or_else(|| left.iter().position(is_atom));
        let literal = left.remove(next.expect("the checker saw that the rule is safe"));
        bound.extend(produced(literal));
        order.push(literal);
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
    let terms = atom.terms.iter().filter_map(|term| match term {
        Term::Variable(variable) => Some(*variable),
        Term::Wildcard | Term::Constant(_) => None,
    });
    terms.collect()
}
