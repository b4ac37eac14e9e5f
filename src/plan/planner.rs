//! From a program to its plan: demand, strata, and one definition per relation.

use std::collections::BTreeSet;

use crate::model::{RelationId, RelationKind, Row, Type};
use crate::program::{Expr, HeadTerm, Program, Rule, strongly_connected};

use super::body::plan_body;
use super::factor::Factor;
use super::graph::Graph;
use super::operator::{
    Aggregation, ArrangementId, Loop, Map, NodeId, Operator, Part, Plan, Share, Site, SiteId, Step,
    Stratum,
};
use super::scalar::Scalar;
use super::uniqueness;

/// What the user of an engine wants to know. What nobody reads is not maintained, and the
/// built-in `rule_error` has the errors of what is; a rule that reads it reads every rule.
#[derive(Clone, Debug, Default)]
pub struct Demand {
    /// Relations whose changes are reported.
    pub watched: Vec<RelationId>,
    /// Relations whose rows can be read.
    pub readable: Vec<RelationId>,
}

/// Plans what the demand needs of a program.
pub fn plan(program: &Program, demand: &Demand) -> Plan {
    let mut watched = demand.watched.clone();
    watched.sort_unstable();
    watched.dedup();
    let mut readable = demand.readable.clone();
    readable.sort_unstable();
    readable.dedup();
    let wanted: Vec<RelationId> = readable.iter().chain(&watched).copied().collect();
    let mut planner = Planner::new(program);
    for component in planner.strata(&wanted) {
        planner.plan_component(&component);
    }
    let reads = readable.into_iter().filter_map(|relation| planner.read(relation)).collect();
    let mut plan = Plan {
        schema: program.schema.clone(),
        zone: program.zone.clone(),
        builtins: program.builtins,
        nodes: planner.graph.nodes,
        arrangements: planner.graph.arrangements,
        strata: planner.strata,
        sites: planner.graph.sites,
        relations: planner.relations,
        watched,
        reads,
        shares: planner.shares,
    };
    // What was rewritten to clock tests asks for the date no more.
    let today = program.builtins.today;
    let node = plan.relations[today.index()];
    let is_wanted = wanted.iter().any(|relation| plan.relations[relation.index()] == node);
    if !is_wanted && node.is_some_and(|node| plan.unread().contains(&node)) {
        plan.relations[today.index()] = None;
    }
    plan
}

struct Planner<'a> {
    program: &'a Program,
    rules: Vec<Vec<&'a Rule>>,
    /// What each relation's rules read.
    reads: Vec<Vec<usize>>,
    reads_errors: Vec<bool>,
    graph: Graph,
    strata: Vec<Stratum>,
    relations: Vec<Option<NodeId>>,
    shares: Vec<Share>,
}

impl<'a> Planner<'a> {
    fn new(program: &'a Program) -> Planner<'a> {
        let count = program.schema.relations().len();
        let mut rules = vec![Vec::new(); count];
        let mut reads = vec![Vec::new(); count];
        for rule in &program.rules {
            let head = rule.head.relation.index();
            rules[head].push(rule);
            reads[head].extend(rule.relations().map(RelationId::index));
        }
        let errors = program.builtins.rule_error.index();
        let mut reads_errors: Vec<bool> = (0..count).map(|at| at == errors).collect();
        for component in strongly_connected(&reads) {
            let reader = component.iter().flat_map(|at| &reads[*at]).any(|at| reads_errors[*at]);
            component.iter().for_each(|at| reads_errors[*at] |= reader);
        }
        Planner {
            program,
            rules,
            reads,
            reads_errors,
            graph: Graph::default(),
            strata: Vec::new(),
            relations: vec![None; count],
            shares: Vec::new(),
        }
    }

    /// The components that the wanted relations depend on, in the order of evaluation.
    fn strata(&self, wanted: &[RelationId]) -> Vec<Vec<usize>> {
        let errors = self.program.builtins.rule_error.index();
        let mut needed = BTreeSet::new();
        let mut open: Vec<usize> = wanted.iter().map(|relation| relation.index()).collect();
        while let Some(relation) = open.pop() {
            if needed.insert(relation) {
                open.extend(&self.reads[relation]);
                // A rule that asks for errors asks for those of every rule.
                if self.reads[relation].contains(&errors) {
                    open.extend((0..self.rules.len()).filter(|at| !self.rules[*at].is_empty()));
                }
            }
        }
        let components = strongly_connected(&self.reads);
        components.into_iter().filter(|component| needed.contains(&component[0])).collect()
    }

    fn plan_component(&mut self, component: &[usize]) {
        let is_loop = component.len() > 1 || self.reads[component[0]].contains(&component[0]);
        let members: Vec<RelationId> =
            component.iter().map(|at| self.program.schema.relations()[*at].id).collect();
        if is_loop {
            self.plan_loop(&members);
        } else {
            self.plan_straight(members[0]);
        }
    }

    fn plan_straight(&mut self, relation: RelationId) {
        let columns = self.columns(relation);
        let kind = self.program.schema.relation(relation).kind;
        let node = if kind == RelationKind::Derived || !self.rules[relation.index()].is_empty() {
            let node = self.define(relation, &[]);
            self.strata.push(Stratum::Straight(relation));
            node
        } else {
            self.graph.node(Operator::Base(relation), columns)
        };
        self.relations[relation.index()] = Some(node);
    }

    fn plan_loop(&mut self, members: &[RelationId]) {
        let definitions =
            members.iter().map(|relation| (*relation, self.define(*relation, members))).collect();
        for relation in members {
            let columns = self.columns(*relation);
            let node = self.graph.node(Operator::Result(*relation), columns);
            self.relations[relation.index()] = Some(node);
            let shares = self.shares.iter_mut().filter(|share| share.relation == *relation);
            shares.for_each(|share| share.merge.push(Part::Node(node)));
        }
        let mut rules = members.iter().flat_map(|relation| &self.rules[relation.index()]);
        let recursive = |rule: &&&Rule| rule.relations().any(|read| members.contains(&read));
        let rule = rules.find(recursive).expect("a loop has a rule that reads it");
        let reads_errors = self.reads_errors[members[0].index()];
        let site = Site { rule: rule.label.clone(), line: rule.line, reads_errors };
        let site = self.graph.site(site);
        self.strata.push(Stratum::Loop(Loop { definitions, site }));
    }

    /// The node that defines a relation, as a set. `members` are those of its loop.
    fn define(&mut self, relation: RelationId, members: &[RelationId]) -> NodeId {
        let (rules, first) = (self.rules[relation.index()].clone(), self.shares.len());
        let (facts, rules): (Vec<&Rule>, Vec<&Rule>) =
            rules.into_iter().partition(|rule| constant_row(rule).is_some());
        let columns = self.columns(relation);
        let mut nodes = Vec::new();
        if !facts.is_empty() || rules.is_empty() {
            let rows: BTreeSet<Row> = facts.into_iter().filter_map(constant_row).collect();
            let constants = Operator::Constants(rows.into_iter().collect());
            nodes.push(self.graph.node(constants, columns.clone()));
        }
        let is_set = match (nodes.len(), rules.as_slice()) {
            (1, []) => true,
            (0, [rule]) => is_aggregate(rule) || uniqueness::derives_once(self.program, rule),
            _ => false,
        };
        for rule in rules {
            self.graph.take_asked();
            let result = self.plan_rule(rule, members);
            nodes.push(result);
            let (parts, merge) = (self.graph.take_asked(), Vec::new());
            let (rule, span, line) = (rule.label.clone(), rule.span, rule.line);
            self.shares.push(Share { relation, rule, span, line, parts, result, merge });
        }
        let mut node = match nodes.as_slice() {
            [node] => *node,
            _ => self.graph.node(Operator::Union(nodes), columns.clone()),
        };
        if !is_set || !members.is_empty() {
            node = self.graph.node(Operator::Distinct(node), columns);
        }
        let merge = self.graph.take_asked();
        self.shares[first..].iter_mut().for_each(|share| share.merge.clone_from(&merge));
        node
    }

    fn plan_rule(&mut self, rule: &Rule, members: &[RelationId]) -> NodeId {
        let head = rule.head.relation;
        let reads_errors = self.reads_errors[head.index()];
        let site =
            self.graph.site(Site { rule: rule.label.clone(), line: rule.line, reads_errors });
        let stratum = self.strata.len();
        let (schema, relations) = (&self.program.schema, &self.relations);
        let find = |graph: &mut Graph, relation: RelationId| {
            if members.contains(&relation) {
                let columns = schema.relation(relation).columns.iter().map(|c| c.ty).collect();
                return graph.recursive(relation, columns, stratum);
            }
            relations[relation.index()].expect("what a rule reads is planned before it")
        };
        let factor = plan_body(self.program, &mut self.graph, &find, rule, site);
        if is_aggregate(rule) {
            self.plan_aggregate(rule, factor, site)
        } else {
            self.plan_head(rule, factor)
        }
    }

    fn plan_head(&mut self, rule: &Rule, mut factor: Factor) -> NodeId {
        let types = self.columns(rule.head.relation);
        let keep = rule
            .head
            .terms
            .iter()
            .zip(types)
            .map(|(term, ty)| match term {
                HeadTerm::Value(expr) => place(&mut factor, expr, ty),
                HeadTerm::Aggregate(_) => unreachable!("aggregates are planned elsewhere"),
            })
            .collect();
        factor.rows(&mut self.graph, keep)
    }

    fn plan_aggregate(&mut self, rule: &Rule, mut factor: Factor, site: SiteId) -> NodeId {
        let types = self.columns(rule.head.relation);
        let (mut group, mut values) = (Vec::new(), Vec::new());
        let mut aggregations: Vec<Aggregation> = Vec::new();
        // Where each head term's value is found: in the group, or among the results.
        let mut found = Vec::new();
        for (term, ty) in rule.head.terms.iter().zip(&types) {
            match term {
                HeadTerm::Value(expr) => {
                    found.push((false, group.len()));
                    group.push(place(&mut factor, expr, *ty));
                }
                HeadTerm::Aggregate(aggregate) => {
                    found.push((true, aggregations.len()));
                    let argument_types: Vec<Type> =
                        aggregate.arguments.iter().map(|e| e.ty(&rule.variables)).collect();
                    let first = values.len();
                    for (expr, ty) in aggregate.arguments.iter().zip(&argument_types) {
                        values.push(place(&mut factor, expr, *ty));
                    }
                    aggregations.push(Aggregation {
                        function: aggregate.function,
                        arguments: (first..values.len()).collect(),
                        types: argument_types,
                    });
                }
            }
        }
        let keep: Vec<usize> = found
            .iter()
            .map(|(is_result, at)| if *is_result { group.len() + at } else { *at })
            .collect();
        let mut columns = vec![Type::Int; types.len()];
        keep.iter().zip(&types).for_each(|(place, ty)| columns[*place] = *ty);
        let width = group.len();
        let arguments = aggregations.iter_mut().flat_map(|a| &mut a.arguments);
        arguments.for_each(|argument| *argument += width);
        group.extend(values);
        let input = factor.rows(&mut self.graph, group);
        let operator = Operator::Aggregate { input, group: width, aggregations, site };
        let node = self.graph.node(operator, columns);
        if keep.iter().copied().eq(0..types.len()) {
            return node;
        }
        self.graph
            .node(Operator::Map(Map { input: node, steps: Vec::<Step>::new(), keep, site }), types)
    }

    /// The index that a derived relation is read from.
    fn read(&mut self, relation: RelationId) -> Option<(RelationId, ArrangementId)> {
        let node = self.relations[relation.index()].expect("what is wanted is planned");
        let is_base = self.graph.nodes[node.index()].operator == Operator::Base(relation);
        let key = (0..self.columns(relation).len()).collect();
        (!is_base)
            .then(|| (relation, self.graph.arrange(node, Vec::new(), key, Vec::new(), SiteId(0))))
    }

    fn columns(&self, relation: RelationId) -> Vec<Type> {
        self.program.schema.relation(relation).columns.iter().map(|column| column.ty).collect()
    }
}

/// The column of an expression's value: a variable's own, or one that is computed for it.
fn place(factor: &mut Factor, expr: &Expr, ty: Type) -> usize {
    match expr {
        Expr::Variable(variable) => factor.place(*variable),
        Expr::Constant(_) | Expr::Call { .. } => {
            let scalar = Scalar::new(expr, &|variable| factor.place(variable));
            factor.compute(None, scalar, ty)
        }
    }
}

fn is_aggregate(rule: &Rule) -> bool {
    rule.head.terms.iter().any(|term| matches!(term, HeadTerm::Aggregate(_)))
}

/// The row of a rule that is a fact.
fn constant_row(rule: &Rule) -> Option<Row> {
    let constant = |term: &HeadTerm| match term {
        HeadTerm::Value(Expr::Constant(value)) => Some(value.clone()),
        HeadTerm::Value(_) | HeadTerm::Aggregate(_) => None,
    };
    rule.body.is_empty().then(|| rule.head.terms.iter().map(constant).collect()).flatten()
}
