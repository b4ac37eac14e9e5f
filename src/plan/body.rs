//! One rule's body to operators. Every literal is applied as early as its variables allow,
//! and a range is generated from the literals that bind its ends alone, so that a longer
//! range costs its new values and not the whole product. What remains is joined greedily:
//! the pair that shares the most variables first, products last.

use crate::model::{Comparison, Row, Type};
use crate::program::{Atom, Expr, HeadTerm, Literal, Program, Rule, Term, VariableId};

use super::Scalar;
use super::clock;
use super::factor::Factor;
use super::graph::Graph;
use super::literal::{assigned, head_variables, is_generator, mentions, variables_of};
use super::operator::{AggregateFunction, ClockTest, NodeId, Operator, Range, SiteId};
use super::uniqueness;

/// Finds the node of a relation's rows, as seen from the rule that is planned.
pub type Relations<'a> = dyn Fn(&mut Graph, crate::model::RelationId) -> NodeId + 'a;

/// Plans a rule's body to one factor that binds every variable of its head.
pub fn plan_body(
    program: &Program,
    graph: &mut Graph,
    relations: &Relations<'_>,
    rule: &Rule,
    site: SiteId,
) -> Factor {
    let literals = clock::rewrite_today(program, rule);
    let (factors, pending) = (Vec::new(), Vec::new());
    let mut body =
        Body { program, graph, relations, rule, site, literals: &literals, factors, pending };
    literals.iter().for_each(|literal| body.add(literal));
    if body.factors.is_empty() {
        body.add_unit();
    }
    body.settle();
    while body.factors.len() > 1 {
        let (left, right) = body.next_pair();
        body.join(left, right);
        body.settle();
    }
    assert!(body.pending.is_empty(), "unsafe rule {}: {:?}", rule.label, body.pending);
    body.factors.pop().expect("one factor is left")
}

struct Body<'a> {
    program: &'a Program,
    graph: &'a mut Graph,
    relations: &'a Relations<'a>,
    rule: &'a Rule,
    site: SiteId,
    literals: &'a [Literal],
    factors: Vec<Factor>,
    /// Literals that are not applied yet.
    pending: Vec<Literal>,
}

impl Body<'_> {
    fn add(&mut self, literal: &Literal) {
        if let Literal::Atom(atom) = literal
            && !atom.negated
        {
            return self.add_atom(atom);
        }
        // What depends on nothing is a factor of its own, not part of another.
        let generates = matches!(literal, Literal::Range(_) | Literal::Clock { .. });
        self.pending.push(literal.clone());
        if generates && variables_of(literal).is_empty() {
            self.add_unit();
            let unit = self.factors.len() - 1;
            self.apply_to(unit, self.pending.len() - 1);
        }
    }

    /// A positive atom's rows, each once where they are joined: `r(_, d), s(_, d)` asks whether
    /// there are any, and the ways to say yes would multiply.
    fn add_atom(&mut self, atom: &Atom) {
        let mut factor = self.scan(atom);
        let is_joined = self.literals.iter().filter(|literal| is_generator(literal)).count() > 1;
        let kept: Vec<VariableId> = factor.variables().filter(|v| self.is_asked(*v)).collect();
        let is_unique = uniqueness::is_unique(self.program, atom, |v| kept.contains(&v));
        if is_joined && !self.counts() && !is_unique {
            factor = self.distinct(&factor, &kept);
        }
        self.factors.push(factor);
    }

    /// Whether the head or a literal beside the one that binds it asks for a variable.
    fn is_asked(&self, variable: VariableId) -> bool {
        let asking = self.literals.iter().filter(|literal| mentions(literal, variable));
        asking.count() > 1 || head_variables(self.rule).contains(&variable)
    }

    /// Whether it matters how often a row of the body comes.
    fn counts(&self) -> bool {
        self.rule.head.terms.iter().any(|term| match term {
            HeadTerm::Value(_) => false,
            HeadTerm::Aggregate(aggregate) => match aggregate.function {
                AggregateFunction::Count | AggregateFunction::Sum | AggregateFunction::Mean => true,
                AggregateFunction::Min
                | AggregateFunction::Max
                | AggregateFunction::ArgMin
                | AggregateFunction::ArgMax => false,
            },
        })
    }

    /// The rows of some variables, each once.
    fn distinct(&mut self, factor: &Factor, kept: &[VariableId]) -> Factor {
        let keep = kept.iter().map(|v| factor.place(*v)).collect();
        let types = kept.iter().map(|v| self.type_of(*v)).collect();
        let rows = factor.rows(self.graph, keep);
        let node = self.graph.node(Operator::Distinct(rows), types);
        let columns = kept.iter().copied().map(Some).collect();
        Factor::new(self.graph, node, columns, self.site)
    }

    fn add_unit(&mut self) {
        let node = self.graph.node(Operator::Constants(vec![Row::new()]), Vec::new());
        self.factors.push(Factor::new(self.graph, node, Vec::new(), self.site));
    }

    /// A positive or negated atom's rows, filtered by its constants and repeated variables.
    fn scan(&mut self, atom: &Atom) -> Factor {
        let node = (self.relations)(self.graph, atom.relation);
        let mut columns: Vec<Option<VariableId>> = Vec::new();
        let mut tests = Vec::new();
        for (column, term) in atom.terms.iter().enumerate() {
            let variable = match term {
                Term::Wildcard => None,
                Term::Constant(value) => {
                    let constant = Scalar::Constant(value.clone());
                    tests.push(Scalar::equal(Scalar::Column(column), constant));
                    None
                }
                Term::Variable(variable) => {
                    match columns.iter().position(|known| *known == Some(*variable)) {
                        Some(first) => {
                            let first = Scalar::Column(first);
                            tests.push(Scalar::equal(Scalar::Column(column), first));
                            None
                        }
                        None => Some(*variable),
                    }
                }
            };
            columns.push(variable);
        }
        let mut factor = Factor::new(self.graph, node, columns, self.site);
        tests.into_iter().for_each(|test| factor.test(test));
        factor
    }

    /// Applies pending literals until no factor can take one.
    fn settle(&mut self) {
        while let Some((factor, literal)) = self.next_application() {
            self.apply_to(factor, literal);
        }
    }

    /// Cheap literals first: filters and computations, ranges, clock tests, negations.
    fn next_application(&self) -> Option<(usize, usize)> {
        let candidates = self.pending.iter().enumerate().filter_map(|(at, literal)| {
            let variables = variables_of(literal);
            let takes = |factor: &Factor| variables.iter().all(|v| factor.column(*v).is_some());
            let factor = self.factors.iter().position(takes)?;
            let rank = match literal {
                Literal::Test { .. } | Literal::Assign { .. } => 0,
                Literal::Range(_) => 1,
                Literal::Clock { .. } => 2,
                Literal::Atom(_) => 3,
            };
            Some((rank, at, factor))
        });
        candidates.min().map(|(_, literal, factor)| (factor, literal))
    }

    fn apply_to(&mut self, factor: usize, literal: usize) {
        match self.pending.remove(literal) {
            Literal::Test { condition, .. } => {
                let scalar = self.scalar(factor, &condition);
                self.factors[factor].test(scalar);
            }
            Literal::Assign { variable, value, .. } => {
                let scalar = self.scalar(factor, &value);
                let ty = self.rule.variables[variable.index()].ty;
                match self.factors[factor].column(variable) {
                    // An atom's expression, and the atom was joined first.
                    Some(column) => {
                        self.factors[factor].test(Scalar::equal(Scalar::Column(column), scalar));
                    }
                    None => {
                        self.factors[factor].compute(Some(variable), scalar, ty);
                    }
                }
            }
            Literal::Range(range) => self.apply_range(factor, &range),
            Literal::Atom(atom) => self.apply_negation(factor, &atom),
            Literal::Clock { comparison, moment, .. } => {
                self.apply_clock(factor, (comparison, moment));
            }
        }
    }

    fn apply_range(&mut self, factor: usize, range: &crate::program::Range) {
        let from = self.scalar(factor, &range.from);
        let to = self.scalar(factor, &range.to);
        let kept = self.needed_of(factor, None);
        let ty = self.type_of(range.variable);
        let input = self.before(factor, &kept, [from, to].map(|end| (end, ty)));
        let mut columns: Vec<Type> = kept.iter().map(|v| self.type_of(*v)).collect();
        columns.push(ty);
        let operator = Operator::Range(Range {
            input,
            keep: kept.len(),
            inclusive: range.inclusive,
            step: range.step,
            ty,
            site: self.site,
        });
        let node = self.graph.node(operator, columns);
        let bound = kept.iter().copied().chain([range.variable]).map(Some).collect();
        self.factors[factor] = Factor::new(self.graph, node, bound, self.site);
        if !self.counts() && !self.is_asked(range.variable) {
            self.factors[factor] = self.distinct(&self.factors[factor].clone(), &kept);
        }
    }

    /// Every pending clock test that the factor can take goes into one operator.
    fn apply_clock(&mut self, factor: usize, first: (Comparison, Expr)) {
        let mut tests = vec![first];
        for literal in std::mem::take(&mut self.pending) {
            match literal {
                Literal::Clock { comparison, moment, .. } if self.binds(factor, &moment) => {
                    tests.push((comparison, moment));
                }
                literal => self.pending.push(literal),
            }
        }
        let kept = self.needed_of(factor, None);
        let moments = tests.iter().map(|(_, moment)| (self.scalar(factor, moment), Type::Time));
        let moments: Vec<(Scalar, Type)> = moments.collect();
        let input = self.before(factor, &kept, moments);
        let comparisons = tests.into_iter().map(|(comparison, _)| comparison);
        let tests = comparisons.zip(kept.len()..);
        let tests = tests.map(|(comparison, column)| ClockTest { comparison, column }).collect();
        let types = kept.iter().map(|v| self.type_of(*v)).collect();
        let keep = kept.len();
        let node = self.graph.node(Operator::Clock { input, tests, keep }, types);
        let bound = kept.into_iter().map(Some).collect();
        self.factors[factor] = Factor::new(self.graph, node, bound, self.site);
    }

    /// The rows that an operator is given: what is still needed of a factor, and then some values.
    fn before(
        &mut self,
        factor: usize,
        kept: &[VariableId],
        values: impl IntoIterator<Item = (Scalar, Type)>,
    ) -> NodeId {
        let mut source = self.factors[factor].clone();
        let mut columns: Vec<usize> = kept.iter().map(|v| source.place(*v)).collect();
        columns.extend(values.into_iter().map(|(value, ty)| source.compute(None, value, ty)));
        source.rows(self.graph, columns)
    }

    fn apply_negation(&mut self, factor: usize, atom: &Atom) {
        let mut scan = self.scan(atom);
        let key: Vec<VariableId> = scan.variables().collect();
        if !uniqueness::is_unique(self.program, atom, |_| true) {
            scan = self.distinct(&scan, &key);
        }
        let right = scan.arrange_variables(self.graph, &key, &[]);
        let needed = self.needed_of(factor, None);
        let factor_now = self.factors[factor].clone();
        self.factors[factor] =
            factor_now.antijoin(self.graph, &key, right, &|v| needed.contains(&v));
    }

    /// Factors that a waiting range or computation needs come first, then those that share the
    /// most.
    fn next_pair(&self) -> (usize, usize) {
        let mut best = (0, 0, (0, 1));
        for left in 0..self.factors.len() {
            for right in left + 1..self.factors.len() {
                let (a, b) = (&self.factors[left], &self.factors[right]);
                let shared = a.variables().filter(|v| b.column(*v).is_some()).count();
                let score = (usize::from(self.feeds(left, right)), shared);
                if score > (best.0, best.1) {
                    best = (score.0, score.1, (left, right));
                }
            }
        }
        best.2
    }

    /// Whether the two factors are the only ones that bind what a waiting range or computation is
    /// made of.
    fn feeds(&self, left: usize, right: usize) -> bool {
        self.pending.iter().filter(|literal| assigned(literal).is_some()).any(|literal| {
            let [left, right] = [&self.factors[left], &self.factors[right]];
            let variables = variables_of(literal);
            let only = |a: &Factor, b: &Factor| {
                variables.iter().any(|v| a.column(*v).is_some() && b.column(*v).is_none())
            };
            only(left, right) && only(right, left)
        })
    }

    fn join(&mut self, left: usize, right: usize) {
        let needed = self.needed_of(left, Some(right));
        let joined =
            Factor::join(self.graph, &self.factors[left], &self.factors[right], &|variable| {
                needed.contains(&variable)
            });
        self.factors[left] = joined;
        self.factors.remove(right);
    }

    /// The variables of a factor (or of two that are about to be joined) that the head,
    /// another factor or a pending literal still asks for.
    fn needed_of(&self, factor: usize, and: Option<usize>) -> Vec<VariableId> {
        let mut needed = head_variables(self.rule);
        let mut note = |variable: VariableId| needed.push(variable);
        self.pending.iter().flat_map(variables_of).for_each(&mut note);
        // An atom's expression is compared with what the atom has in its place.
        self.pending.iter().filter_map(assigned).for_each(&mut note);
        for (at, other) in self.factors.iter().enumerate() {
            if at != factor && Some(at) != and {
                other.variables().for_each(&mut note);
            }
        }
        let both = [Some(factor), and].into_iter().flatten();
        let mut bound: Vec<VariableId> = Vec::new();
        for variable in both.flat_map(|at| self.factors[at].variables()) {
            if needed.contains(&variable) && !bound.contains(&variable) {
                bound.push(variable);
            }
        }
        bound
    }

    fn binds(&self, factor: usize, expr: &Expr) -> bool {
        let mut bound = true;
        expr.variables(&mut |v| bound &= self.factors[factor].column(v).is_some());
        bound
    }

    fn scalar(&self, factor: usize, expr: &Expr) -> Scalar {
        Scalar::new(expr, &|variable| self.factors[factor].place(variable))
    }

    fn type_of(&self, variable: VariableId) -> Type {
        self.rule.variables[variable.index()].ty
    }
}
