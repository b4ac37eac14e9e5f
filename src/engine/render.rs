//! A plan's operators as one dataflow: every node once, in the order of the plan.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::input::InputSession;
use differential_dataflow::operators::ThresholdTotal;
use differential_dataflow::operators::arrange::TraceAgent;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline as Pact;
use timely::dataflow::operators::generic::OutputBuilderSession;
use timely::dataflow::operators::generic::operator::Operator as _;
use timely::dataflow::operators::vec::Input;
use timely::dataflow::operators::vec::input::Handle;
use timely::dataflow::operators::{Probe, probe};
use timely::dataflow::{Scope, Stream};

use crate::model::RelationId;
use crate::plan::{ArrangementId, Join, Node, NodeId, Operator, Stratum};

use super::aggregate::aggregate;
use super::arrange::{Sides, by_key, by_row, join, rows_of};
use super::coding::encode;
use super::context::Context;
use super::generator::generate;
use super::nested::render_loop;
use super::pipeline::Pipeline;
use super::stream::{ByKey, ByRow, Epoch, Moment, RowTrace, Rows, filter_map};
use super::temporal::hold;
use super::words::{AsWords, Words};

/// Builds the messages of streams that only make progress.
type Unit = CapacityContainerBuilder<Vec<()>>;

/// Changes of watched relations, as they come.
pub type Watched = Rc<RefCell<Vec<(RelationId, Words, isize)>>>;

/// The ends of a dataflow that its worker holds.
pub struct Ends {
    /// By relation: where facts go in.
    pub sessions: Vec<Option<InputSession<Epoch, Words, isize>>>,
    /// Sent in the first step: before the dataflow stands, nothing would receive them.
    pub constants: Vec<(InputSession<Epoch, Words, isize>, Vec<Words>)>,
    pub ticks: Handle<Epoch, ()>,
    pub watched: Watched,
    /// By relation: what can be read.
    pub traces: Vec<Option<TraceAgent<RowTrace<Epoch>>>>,
    pub probe: probe::Handle<Epoch>,
}

/// An index outside of loops.
#[derive(Clone)]
pub enum Index<'s> {
    ByRow(ByRow<'s, Epoch>),
    ByKey(ByKey<'s, Epoch>),
}

/// A dataflow under construction.
pub struct Renderer<'s> {
    pub context: Context,
    pub scope: Scope<'s, Epoch>,
    pub ticks: Stream<'s, Epoch, Vec<()>>,
    rows: Vec<Option<Rows<'s, Epoch>>>,
    indexes: Vec<Option<Index<'s>>>,
    ends: Ends,
}

/// Builds the dataflow of the context's plan.
pub fn render(context: Context, scope: Scope<'_, Epoch>) -> Ends {
    let plan = context.plan.clone();
    let (ticks_in, ticks) = scope.new_input::<()>();
    let mut sessions = Vec::new();
    sessions.resize_with(plan.schema.relations().len(), || None);
    let mut traces = Vec::new();
    traces.resize_with(plan.schema.relations().len(), || None);
    let (watched, probe) = (Watched::default(), probe::Handle::new());
    let constants = Vec::new();
    let ends = Ends { sessions, constants, ticks: ticks_in, watched, traces, probe };
    let (rows, indexes) = (vec![None; plan.nodes.len()], vec![None; plan.arrangements.len()]);
    let mut renderer = Renderer { context, scope, ticks, rows, indexes, ends };
    for (at, node) in plan.nodes.iter().enumerate() {
        if node.inside.is_none() && renderer.rows[at].is_none() {
            renderer.render_node(NodeId(u32::try_from(at).expect("few nodes")), node);
        }
    }
    renderer.attach_ends();
    renderer.ends
}

impl<'s> Renderer<'s> {
    /// The rows of a node outside of loops that was rendered before.
    pub fn rows(&self, node: NodeId) -> Rows<'s, Epoch> {
        self.rows[node.index()].clone().expect("nodes come after those they read")
    }

    /// The index of an arrangement outside of loops, made on first use.
    pub fn index(&mut self, id: ArrangementId) -> Index<'s> {
        if let Some(index) = &self.indexes[id.index()] {
            return index.clone();
        }
        let plan = self.context.plan.clone();
        let arrangement = &plan.arrangements[id.index()];
        let pipeline = self.context.arrangement_pipeline(arrangement);
        let rows = self.rows(arrangement.input);
        let index = if arrangement.values.is_empty() {
            Index::ByRow(by_row(rows, pipeline, &self.context))
        } else {
            Index::ByKey(by_key(rows, pipeline, arrangement.key.len(), &self.context))
        };
        self.indexes[id.index()] = Some(index.clone());
        index
    }

    fn render_node(&mut self, id: NodeId, node: &Node) {
        let rows = match &node.operator {
            Operator::Base(relation) => self.input(*relation),
            Operator::Constants(constants) => self.constants(constants),
            Operator::Recursive(_) => unreachable!("only loops read their own relations"),
            Operator::Result(_) => return self.render_results(id),
            Operator::Map(map) => {
                let pipeline = self.context.map_pipeline(map);
                map_rows(self.rows(map.input), pipeline)
            }
            Operator::Join(join) => self.render_join(join),
            Operator::Antijoin { left, right } => self.render_antijoin(*left, *right),
            Operator::Range(range) => {
                generate(self.rows(range.input), range.clone(), &self.context)
            }
            Operator::Clock { input, tests, keep, .. } => {
                let (rows, ticks) = (self.rows(*input), self.ticks.clone());
                hold(rows, ticks, tests.clone(), *keep, &self.context)
            }
            Operator::Aggregate { input, group, aggregations, site } => {
                aggregate(self.rows(*input), *group, aggregations.clone(), *site, &self.context)
            }
            Operator::Union(inputs) => {
                let mut inputs = inputs.iter().map(|input| self.rows(*input));
                let first = inputs.next().expect("a union has inputs");
                first.concatenate(inputs)
            }
            Operator::Distinct(input) => {
                let pipeline = self.context.whole_row(*input);
                let index = by_row(self.rows(*input), pipeline, &self.context);
                index.threshold_semigroup(|_, new, old| {
                    let (is, was) = (*new > 0, old.is_some_and(|old| *old > 0));
                    (is != was).then_some(if is { 1 } else { -1 })
                })
            }
        };
        self.rows[id.index()] = Some(rows);
    }

    fn input(&mut self, relation: RelationId) -> Rows<'s, Epoch> {
        let mut session = InputSession::new();
        let rows = session.to_collection(self.scope);
        self.ends.sessions[relation.index()] = Some(session);
        rows
    }

    /// Rows that are there from the start, from one of the workers.
    fn constants(&mut self, rows: &[crate::model::Row]) -> Rows<'s, Epoch> {
        let mut session = InputSession::new();
        let collection = session.to_collection(self.scope);
        let is_first = self.scope.index() == 0;
        let dictionary = &self.context.around.dictionary;
        let words = |row: &crate::model::Row| {
            let words: Vec<u64> = row.iter().map(|value| encode(value, dictionary)).collect();
            Words::from_slice(&words)
        };
        let rows = if is_first { rows.iter().map(words).collect() } else { Vec::new() };
        self.ends.constants.push((session, rows));
        collection
    }

    /// Renders the whole loop that a result comes from.
    fn render_results(&mut self, id: NodeId) {
        let plan = self.context.plan.clone();
        let Operator::Result(relation) = plan.nodes[id.index()].operator else {
            unreachable!("asked only for results")
        };
        let (stratum, looped) = plan
            .strata
            .iter()
            .enumerate()
            .find_map(|(at, stratum)| match stratum {
                Stratum::Loop(looped) => {
                    looped.definitions.iter().any(|(r, _)| *r == relation).then_some((at, looped))
                }
                Stratum::Straight(_) => None,
            })
            .expect("every result has its loop");
        for (relation, rows) in render_loop(self, stratum, looped) {
            let node = plan.relations[relation.index()].expect("loops define relations");
            self.rows[node.index()] = Some(rows);
        }
    }

    fn render_join(&mut self, node: &Join) -> Rows<'s, Epoch> {
        let pipeline = self.context.join_pipeline(node);
        match (self.index(node.left), self.index(node.right)) {
            (Index::ByRow(left), Index::ByRow(right)) => {
                join(left, right, pipeline, Sides::AsGiven)
            }
            (Index::ByRow(left), Index::ByKey(right)) => {
                join(left, right, pipeline, Sides::AsGiven)
            }
            (Index::ByKey(left), Index::ByRow(right)) => {
                join(right, left, pipeline, Sides::Swapped)
            }
            (Index::ByKey(left), Index::ByKey(right)) => {
                join(left, right, pipeline, Sides::AsGiven)
            }
        }
    }

    fn render_antijoin(&mut self, left: ArrangementId, right: ArrangementId) -> Rows<'s, Epoch> {
        let pipeline = self.context.semijoin_pipeline(left);
        let Index::ByRow(right) = self.index(right) else {
            unreachable!("what is excluded has no values")
        };
        match self.index(left) {
            Index::ByRow(left) => {
                let found = join(left.clone(), right, pipeline, Sides::AsGiven);
                rows_of::<_, _, ()>(left).concat(found.negate())
            }
            Index::ByKey(left) => {
                let found = join(right, left.clone(), pipeline, Sides::Swapped);
                rows_of::<_, _, Words>(left).concat(found.negate())
            }
        }
    }

    /// Attaches what is watched and read, and the probe that says when a step is done.
    fn attach_ends(&mut self) {
        let plan = self.context.plan.clone();
        for relation in &plan.watched {
            if let Some(node) = self.derived(*relation) {
                let (watched, relation) = (self.ends.watched.clone(), *relation);
                let seen: Stream<'s, Epoch, Vec<()>> =
                    self.rows(node).inner.unary(Pact, "Watch", move |_, _| {
                        move |input, _output: &mut OutputBuilderSession<'_, Epoch, Unit>| {
                            input.for_each(|_, data| {
                                let rows = data.drain(..).map(|(row, _, n)| (relation, row, n));
                                watched.borrow_mut().extend(rows);
                            });
                        }
                    });
                seen.probe_with(&self.ends.probe);
            }
        }
        for (relation, arrangement) in &plan.reads {
            let Index::ByRow(index) = self.index(*arrangement) else {
                unreachable!("relations are read by whole rows")
            };
            index.stream.probe_with(&self.ends.probe);
            self.ends.traces[relation.index()] = Some(index.trace);
        }
        // What is kept for its errors alone leads to nobody, and has to be waited for as well.
        for node in plan.unread() {
            self.rows(node).inner.probe_with(&self.ends.probe);
        }
        self.ticks.clone().probe_with(&self.ends.probe);
    }

    fn derived(&self, relation: RelationId) -> Option<NodeId> {
        let node = self.context.plan.relations[relation.index()]?;
        let base = self.context.plan.nodes[node.index()].operator == Operator::Base(relation);
        (!base).then_some(node)
    }
}

/// Each row through a pipeline.
pub fn map_rows<'s, T: Moment>(rows: Rows<'s, T>, mut pipeline: Pipeline) -> Rows<'s, T> {
    filter_map(rows, "Map", move |row, count| pipeline.run([row.words(), &[], &[]], count))
}
