//! Loops: relations that depend on each other, iterated in a scope of their own until no round
//! changes anything.

use std::collections::HashMap;

use differential_dataflow::operators::iterate::Variable;
use differential_dataflow::trace::implementations::KeyBuilder;
use timely::dataflow::operators::Enter;
use timely::dataflow::{Scope, Stream};
use timely::order::Product;

use crate::model::RelationId;
use crate::plan::{ArrangementId, Join, Loop, NodeId, Operator, SiteId};

use super::arrange::{Sides, by_key, by_row, join, rows_of};
use super::context::Context;
use super::errors::{Errors, Reason};
use super::generator::generate;
use super::render::{Index, Renderer, map_rows};
use super::stream::{ByKey, ByRow, Epoch, Round, RowTrace, Rows, filter_timed};
use super::temporal::hold;
use super::words::Words;

/// Builds a loop and gives its relations as they are once it has ended.
pub fn render_loop<'s>(
    outer: &mut Renderer<'s>,
    stratum: usize,
    looped: &Loop,
) -> Vec<(RelationId, Rows<'s, Epoch>)> {
    let scope = outer.scope;
    scope.iterative::<u32, _, _>(|inner| {
        let mut nested = Nested {
            context: outer.context.clone(),
            ticks: outer.ticks.clone().enter(inner),
            scope: inner,
            rows: HashMap::new(),
            indexes: HashMap::new(),
        };
        let mut variables = HashMap::new();
        for (relation, _) in &looped.definitions {
            let (variable, rows) = Variable::new(inner, Product::new(Epoch::default(), 1));
            variables.insert(*relation, (variable, rows));
        }
        let plan = outer.context.plan.clone();
        for (at, node) in plan.nodes.iter().enumerate() {
            if node.inside == Some(stratum) {
                let id = NodeId(u32::try_from(at).expect("few nodes"));
                let rows = match &node.operator {
                    Operator::Recursive(relation) => variables[relation].1.clone(),
                    operator => nested.render_node(outer, operator),
                };
                nested.rows.insert(id, rows);
            }
        }
        let rounds_max = outer.context.rounds_max;
        let mut results = Vec::new();
        for (relation, definition) in &looped.definitions {
            let rows = nested.rows(outer, *definition);
            let (variable, _) = variables.remove(relation).expect("one for each definition");
            let errors = outer.context.errors.clone();
            variable.set(bounded(rows.clone(), rounds_max, errors, looped.site));
            results.push((*relation, rows.leave(scope)));
        }
        results
    })
}

/// Cuts what comes in the last round, and counts it.
fn bounded<'i>(
    rows: Rows<'i, Round>,
    rounds_max: u32,
    errors: Errors,
    site: SiteId,
) -> Rows<'i, Round> {
    filter_timed(rows, "Rounds", move |time, count| {
        let within = time.inner < rounds_max;
        if !within {
            errors.note(site, Reason::Rounds, count);
        }
        within
    })
}

/// Each row of an index once.
fn distinct<'i>(index: ByRow<'i, Round>, context: &Context) -> Rows<'i, Round> {
    let distinct = index
        .reduce_abelian::<_, KeyBuilder<Words, Round, isize>, RowTrace<Round>, _, _>(
            "Distinct",
            |_, counts, results| {
                if counts[0].1 > 0 {
                    results.push(((), 1));
                }
            },
            |updates, key, results| {
                updates.clear();
                updates.extend(results.drain(..).map(|(v, t, n)| ((key.clone(), v), t, n)));
            },
        );
    context.holders.add_trace::<_, ()>(&distinct.trace);
    rows_of::<_, _, ()>(distinct)
}

/// The inside of a loop under construction.
struct Nested<'i> {
    context: Context,
    scope: Scope<'i, Round>,
    ticks: Stream<'i, Round, Vec<()>>,
    rows: HashMap<NodeId, Rows<'i, Round>>,
    indexes: HashMap<ArrangementId, ByKey<'i, Round>>,
}

impl<'i> Nested<'i> {
    /// The rows of a node, of the loop or from outside.
    fn rows(&self, outer: &Renderer<'_>, node: NodeId) -> Rows<'i, Round> {
        match self.rows.get(&node) {
            Some(rows) => rows.clone(),
            None => outer.rows(node).enter(self.scope),
        }
    }

    /// The index of an arrangement of the loop, made on first use.
    fn index(&mut self, id: ArrangementId) -> ByKey<'i, Round> {
        if let Some(index) = self.indexes.get(&id) {
            return index.clone();
        }
        let plan = self.context.plan.clone();
        let arrangement = &plan.arrangements[id.index()];
        let pipeline = self.context.arrangement_pipeline(arrangement);
        let rows = self.rows[&arrangement.input].clone();
        let index = by_key(rows, pipeline, arrangement.key.len(), &self.context);
        self.indexes.insert(id, index.clone());
        index
    }

    fn render_node(&mut self, outer: &mut Renderer<'_>, operator: &Operator) -> Rows<'i, Round> {
        match operator {
            Operator::Map(map) => {
                let pipeline = self.context.map_pipeline(map);
                map_rows(self.rows(outer, map.input), pipeline)
            }
            Operator::Join(join) => self.render_join(outer, join),
            Operator::Antijoin { left, right } => self.render_antijoin(outer, *left, *right),
            Operator::Range(range) => {
                generate(self.rows(outer, range.input), range.clone(), &self.context)
            }
            Operator::Clock { input, tests, keep, .. } => {
                let (rows, ticks) = (self.rows(outer, *input), self.ticks.clone());
                hold(rows, ticks, tests.clone(), *keep, &self.context)
            }
            Operator::Union(inputs) => {
                let mut inputs = inputs.iter().map(|input| self.rows(outer, *input));
                let first = inputs.next().expect("a union has inputs");
                first.concatenate(inputs)
            }
            Operator::Distinct(input) => {
                let pipeline = self.context.whole_row(*input);
                let index = by_row(self.rows(outer, *input), pipeline, &self.context);
                distinct(index, &self.context)
            }
            Operator::Base(_)
            | Operator::Constants(_)
            | Operator::Recursive(_)
            | Operator::Result(_)
            | Operator::Aggregate { .. } => {
                unreachable!("{operator:?} is never inside a loop")
            }
        }
    }

    fn render_join(&mut self, outer: &mut Renderer<'_>, node: &Join) -> Rows<'i, Round> {
        let pipeline = self.context.join_pipeline(node);
        match (self.is_inside(node.left), self.is_inside(node.right)) {
            (true, true) => {
                let (left, right) = (self.index(node.left), self.index(node.right));
                join(left, right, pipeline, Sides::AsGiven)
            }
            (true, false) => {
                let (left, right) = (self.index(node.left), outer.index(node.right));
                self.join_outer(left, right, pipeline, Sides::AsGiven)
            }
            (false, _) => {
                let (left, right) = (outer.index(node.left), self.index(node.right));
                self.join_outer(right, left, pipeline, Sides::Swapped)
            }
        }
    }

    fn join_outer(
        &self,
        inner: ByKey<'i, Round>,
        outer: Index<'_>,
        pipeline: super::pipeline::Pipeline,
        sides: Sides,
    ) -> Rows<'i, Round> {
        match outer {
            Index::ByRow(outer) => join(inner, outer.enter(self.scope), pipeline, sides),
            Index::ByKey(outer) => join(inner, outer.enter(self.scope), pipeline, sides),
        }
    }

    fn render_antijoin(
        &mut self,
        outer: &mut Renderer<'_>,
        left: ArrangementId,
        right: ArrangementId,
    ) -> Rows<'i, Round> {
        let pipeline = self.context.semijoin_pipeline(left);
        let (left, right) = (self.index(left), outer.index(right));
        let found = self.join_outer(left.clone(), right, pipeline, Sides::AsGiven);
        rows_of::<_, _, Words>(left).concat(found.negate())
    }

    fn is_inside(&self, id: ArrangementId) -> bool {
        self.context.plan.arrangements[id.index()].inside.is_some()
    }
}
