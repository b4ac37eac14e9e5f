//! What the operators of a plan need to run.

use crate::plan::{ArrangementId, Node, Operator, Plan, Stratum};

use super::aggregate::Groups;
use super::batch::Batch;
use super::coding::encode;
use super::context::Context;
use super::generator::Generator;
use super::looped::Looped;
use super::pipeline::Pipeline;
use super::temporal::Hold;

/// One operator. Inputs are places of nodes.
pub enum Work {
    /// Rows that are put here from outside: given facts, stated rows, results of a loop.
    Given(Option<Batch>),
    Map {
        input: usize,
        pipeline: Pipeline,
    },
    Join {
        left: ArrangementId,
        right: ArrangementId,
        key: usize,
        pipeline: Pipeline,
    },
    Antijoin {
        left: ArrangementId,
        right: ArrangementId,
        key: usize,
    },
    Range {
        input: usize,
        keep: usize,
        generator: Generator,
    },
    Clock {
        input: usize,
        keep: usize,
        hold: Hold<()>,
    },
    Aggregate {
        input: usize,
        group: usize,
        groups: Groups,
    },
    Union(Vec<usize>),
    Distinct {
        input: usize,
    },
    /// A whole loop, in the place of its first result.
    Loop(Box<Looped>),
}

impl Work {
    /// By node, the operators of the context's plan; none for those inside of loops. The rows
    /// that the plan states come from one of the workers.
    pub fn of_plan(context: &Context, states: bool) -> Vec<Option<Work>> {
        let plan = context.plan.clone();
        let works = plan.nodes.iter().map(|node| {
            let is_outside = node.inside.is_none();
            is_outside.then(|| Work::of_node(context, node, states))
        });
        let mut works: Vec<Option<Work>> = works.collect();
        for (at, stratum) in plan.strata.iter().enumerate() {
            if let Stratum::Loop(looped) = stratum {
                let looped = Looped::new(context, at, looped);
                let place = looped.first_result();
                works[place] = Some(Work::Loop(Box::new(looped)));
            }
        }
        works
    }

    fn of_node(context: &Context, node: &Node, states: bool) -> Work {
        let key = |id: ArrangementId| context.plan.arrangements[id.index()].key.len();
        match &node.operator {
            Operator::Base(_) | Operator::Result(_) => Work::Given(None),
            Operator::Recursive(_) => unreachable!("only loops read their own relations"),
            Operator::Constants(rows) => {
                let mut batch = Batch::new(node.columns.len());
                for row in rows {
                    let dictionary = &context.around.dictionary;
                    batch.extend_row(row.iter().map(|value| encode(value, dictionary)), 1);
                }
                Work::Given(Some(batch).filter(|_| states))
            }
            Operator::Map(map) => {
                Work::Map { input: map.input.index(), pipeline: context.map_pipeline(map) }
            }
            Operator::Join(join) => {
                let (left, right, key) = (join.left, join.right, key(join.left));
                Work::Join { left, right, key, pipeline: context.join_pipeline(join) }
            }
            Operator::Antijoin { left, right } => {
                Work::Antijoin { left: *left, right: *right, key: key(*left) }
            }
            Operator::Range(range) => {
                let generator = Generator::new(range.clone(), context);
                Work::Range { input: range.input.index(), keep: range.keep, generator }
            }
            Operator::Clock { input, tests, keep } => {
                let hold = Hold::new(tests.clone(), *keep, context);
                Work::Clock { input: input.index(), keep: *keep, hold }
            }
            Operator::Aggregate { input, group, aggregations, site } => {
                let groups = Groups::new(*group, aggregations.clone(), *site, context);
                Work::Aggregate { input: input.index(), group: *group, groups }
            }
            Operator::Union(inputs) => {
                Work::Union(inputs.iter().map(|input| input.index()).collect())
            }
            Operator::Distinct(input) => Work::Distinct { input: input.index() },
        }
    }

    /// The nodes whose changes it reads, as they are or by an index.
    pub fn inputs(&self, plan: &Plan) -> Vec<usize> {
        let through = |id: &ArrangementId| plan.arrangements[id.index()].input.index();
        match self {
            Work::Given(_) => Vec::new(),
            Work::Map { input, .. }
            | Work::Range { input, .. }
            | Work::Clock { input, .. }
            | Work::Aggregate { input, .. }
            | Work::Distinct { input } => vec![*input],
            Work::Join { left, right, .. } | Work::Antijoin { left, right, .. } => {
                vec![through(left), through(right)]
            }
            Work::Union(inputs) => inputs.clone(),
            Work::Loop(looped) => looped.inputs(),
        }
    }

    /// How many rows it keeps beside indexes, if any.
    pub fn held(&self) -> Option<usize> {
        match self {
            Work::Clock { hold, .. } => Some(hold.len()),
            Work::Aggregate { groups, .. } => Some(groups.len()),
            Work::Given(_)
            | Work::Map { .. }
            | Work::Join { .. }
            | Work::Antijoin { .. }
            | Work::Range { .. }
            | Work::Union(_)
            | Work::Distinct { .. }
            | Work::Loop(_) => None,
        }
    }

    /// Whether time alone can change its rows.
    pub fn heeds_time(&self) -> bool {
        match self {
            Work::Clock { .. } => true,
            Work::Loop(looped) => looped.heeds_time(),
            Work::Given(_)
            | Work::Map { .. }
            | Work::Join { .. }
            | Work::Antijoin { .. }
            | Work::Range { .. }
            | Work::Aggregate { .. }
            | Work::Union(_)
            | Work::Distinct { .. } => false,
        }
    }
}
