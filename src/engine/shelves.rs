//! The indexes of a worker, each kept once however many arrangements read it: those of the same
//! rows in the same order share one, and what is distinct is read where its rows are counted.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Arrangement, ArrangementId, Operator, Plan};

use super::batch::Batch;
use super::census::Census;
use super::context::Context;
use super::index::{Counts, Index};
use super::pipeline::Pipeline;
use super::post::Post;

/// All indexes outside of loops.
pub struct Shelves {
    shelves: Vec<Shelf>,
    /// By node: the shelves that its rows go to.
    fed_by: Vec<Vec<usize>>,
    /// By node that is distinct: where its rows are counted.
    counted: Vec<Option<usize>>,
    /// By arrangement that is read.
    places: Vec<Option<(usize, Counts)>>,
    /// The shelves that the step under way has changed.
    changed: Vec<usize>,
}

struct Shelf {
    index: Index,
    /// None where rows come as they are kept.
    pipeline: Option<Pipeline>,
    /// By how many columns rows are brought together.
    key: usize,
}

impl Shelves {
    /// The empty indexes of the context's plan. Only a worker that is alone lets arrangements by
    /// different keys share one: else rows are with different workers.
    pub fn new(context: &Context, is_alone: bool) -> Shelves {
        let plan = &context.plan;
        let mut shelves = Shelves {
            shelves: Vec::new(),
            fed_by: vec![Vec::new(); plan.nodes.len()],
            counted: vec![None; plan.nodes.len()],
            places: vec![None; plan.arrangements.len()],
            changed: Vec::new(),
        };
        for (at, node) in plan.nodes.iter().enumerate() {
            if node.inside.is_none() && matches!(node.operator, Operator::Distinct(_)) {
                let width = node.columns.len();
                shelves.counted[at] = Some(shelves.add(Index::new(width), None, width));
            }
        }
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for id in read(plan) {
            let arrangement = &plan.arrangements[id.index()];
            let Arrangement { input, steps, key, values, .. } = arrangement;
            if let Some(shelf) = shelves.counted[input.index()]
                && is_as_it_is(plan, arrangement)
                && (is_alone || values.is_empty())
            {
                shelves.places[id.index()] = Some((shelf, Counts::Set));
                continue;
            }
            let layout: Vec<usize> = key.iter().chain(values).copied().collect();
            let split = if is_alone { 0 } else { key.len() };
            let like = format!("{input:?} {steps:?} {layout:?} {split}");
            let shelf = *known.entry(like).or_insert_with(|| {
                let pipeline = context.arrangement_pipeline(arrangement);
                let shelf = shelves.add(Index::new(layout.len()), Some(pipeline), key.len());
                shelves.fed_by[input.index()].push(shelf);
                shelf
            });
            shelves.places[id.index()] = Some((shelf, Counts::Bag));
        }
        shelves
    }

    /// The index of an arrangement, and what its counts mean.
    pub fn index(&self, id: ArrangementId) -> (&Index, Counts) {
        let (shelf, counts) = self.places[id.index()].expect("what is read is kept");
        (&self.shelves[shelf].index, counts)
    }

    /// Takes in a node's changes, of all workers, and says whether some are kept here. All have
    /// to come here.
    pub fn receive(&mut self, node: usize, rows: &Batch, post: &Post) -> bool {
        let mut is_kept = false;
        for shelf in self.fed_by[node].clone() {
            let Shelf { index, pipeline, key } = &mut self.shelves[shelf];
            let pipeline = pipeline.as_mut().expect("what is fed has a pipeline");
            let mut batch = Batch::new(pipeline.width());
            batch.reserve(rows.len());
            for (row, count) in rows.rows() {
                pipeline.run_into([row, &[]], &[], count, &mut batch);
            }
            let mut batch = post.exchange(batch, *key);
            batch.consolidate();
            if !batch.is_empty() {
                index.receive(batch);
                self.changed.push(shelf);
                is_kept = true;
            }
        }
        is_kept
    }

    /// Takes in consolidated changes of what a node is to make distinct, and gives those of what
    /// there is at all.
    pub fn distinct(&mut self, node: usize, rows: Batch) -> Batch {
        let shelf = self.counted[node].expect("distinct rows are counted");
        let index = &mut self.shelves[shelf].index;
        let mut made = Batch::new(rows.width());
        let mut before = index.before(Counts::Bag).cursor(rows.width());
        for (row, change) in rows.rows() {
            let count = before.count(row);
            match (count > 0, count + change > 0) {
                (false, true) => made.push(row, 1),
                (true, false) => made.push(row, -1),
                (true, true) | (false, false) => {}
            }
        }
        drop(before);
        if !rows.is_empty() {
            index.receive(rows);
            self.changed.push(shelf);
        }
        made
    }

    /// Ends the step.
    pub fn settle(&mut self) {
        for shelf in self.changed.drain(..) {
            self.shelves[shelf].index.settle();
        }
    }

    /// Counts the words of all rows.
    pub fn count(&self, census: &mut Census) {
        self.shelves.iter().for_each(|shelf| shelf.index.count(census));
    }

    fn add(&mut self, index: Index, pipeline: Option<Pipeline>, key: usize) -> usize {
        self.shelves.push(Shelf { index, pipeline, key });
        self.shelves.len() - 1
    }
}

/// The arrangements that are read, and not inside of loops.
fn read(plan: &Plan) -> BTreeSet<ArrangementId> {
    let by_operators = plan.nodes.iter().flat_map(|node| node.operator.arrangements());
    let read = by_operators.chain(plan.reads.iter().map(|(_, id)| *id));
    read.filter(|id| plan.arrangements[id.index()].inside.is_none()).collect()
}

/// Whether an arrangement has its input's rows with their columns in order.
fn is_as_it_is(plan: &Plan, arrangement: &Arrangement) -> bool {
    let Arrangement { input, steps, key, values, .. } = arrangement;
    let width = plan.nodes[input.index()].columns.len();
    steps.is_empty() && key.iter().chain(values).copied().eq(0..width)
}
