//! What a look's silence withdraws: facts of which a look that ended well did not speak.

use rustc_hash::FxHashSet;

use crate::feed::Looked;
use crate::model::{Change, Goal, RelationId, RelationKind, Row, Value};
use crate::program::{Atom, Expr, HeadTerm, Literal, Program, Rule, Term};

/// A relation that a goal's `ok` rests on, and which of its columns name the instance.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    pub relation: RelationId,
    /// By column: the parameter that stands there, a value, or anything.
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
enum Column {
    Parameter(usize),
    Constant(Value),
    Any,
}

impl Witness {
    /// The facts that would speak for an instance.
    pub fn pattern(&self, key: &[Value]) -> Vec<Option<Value>> {
        let value = |column: &Column| match column {
            Column::Parameter(at) => Some(key[*at].clone()),
            Column::Constant(value) => Some(value.clone()),
            Column::Any => None,
        };
        self.columns.iter().map(value).collect()
    }
}

/// The relations of a goal's `ok` clauses whose facts name the whole instance, and that looks
/// report.
pub(super) fn witnesses(goal: &Goal, program: &Program) -> Vec<Witness> {
    let Some(ok) = program.schema.find(&format!("{}.ok", goal.name)) else { return Vec::new() };
    let rules = program.rules.iter().filter(|rule| rule.head.relation == ok.id);
    rules.flat_map(|rule| of_rule(rule, program)).collect()
}

fn of_rule(rule: &Rule, program: &Program) -> Vec<Witness> {
    let parameters = rule.head.terms.iter().map(|term| match term {
        HeadTerm::Value(Expr::Variable(variable)) => Some(Term::Variable(*variable)),
        HeadTerm::Value(Expr::Constant(value)) => Some(Term::Constant(value.clone())),
        HeadTerm::Value(Expr::Call { .. }) | HeadTerm::Aggregate(_) => None,
    });
    let Some(parameters) = parameters.collect::<Option<Vec<Term>>>() else { return Vec::new() };
    let atoms = rule.body.iter().filter_map(|literal| match literal {
        Literal::Atom(atom) if !atom.negated => Some(atom),
        _ => None,
    });
    let observed = atoms.filter(|atom| {
        let relation = program.schema.relation(atom.relation);
        relation.kind == RelationKind::Observe && relation.source.is_none()
    });
    observed.filter_map(|atom| witness(atom, &parameters)).collect()
}

fn witness(atom: &Atom, parameters: &[Term]) -> Option<Witness> {
    let is_same = |term: &Term, parameter: &Term| match (term, parameter) {
        (Term::Variable(one), Term::Variable(other)) => one == other,
        _ => false,
    };
    let column = |term: &Term| match (
        term,
        parameters.iter().position(|parameter| is_same(term, parameter)),
    ) {
        (_, Some(at)) => Column::Parameter(at),
        (Term::Constant(value), None) => Column::Constant(value.clone()),
        (Term::Variable(_) | Term::Wildcard, None) => Column::Any,
    };
    let columns: Vec<Column> = atom.terms.iter().map(column).collect();
    let names_all = (0..parameters.len()).all(|parameter| {
        columns.iter().any(|column| matches!(column, Column::Parameter(at) if *at == parameter))
    });
    names_all.then_some(Witness { relation: atom.relation, columns })
}

/// The rows that a transaction inserts into a relation.
pub(super) fn inserted(changes: &[Change], relation: RelationId) -> FxHashSet<&Row> {
    let rows = changes.iter().filter_map(|change| match change {
        Change::Insert { relation: into, row } if *into == relation => Some(row),
        _ => None,
    });
    rows.collect()
}

/// The instances of a goal that a transaction says were looked at.
pub(super) fn keys_looked(looked: &[Looked], goal: RelationId) -> Vec<Row> {
    looked.iter().filter(|one| one.goal == goal).map(|one| one.row.clone()).collect()
}
