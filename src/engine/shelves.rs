//! The indexes of a worker, each kept once however many arrangements read it: the plan says which
//! share one.

use crate::plan::{ArrangementId, Home, Operator, Part};

use super::batch::Batch;
use super::census::Census;
use super::context::Context;
use super::count::plus;
use super::index::{Counts, Index};
use super::pipeline::Pipeline;
use super::post::Post;
use super::profiler::Profiler;

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
    profiler: Profiler,
}

struct Shelf {
    index: Index,
    /// None where rows come as they are kept.
    pipeline: Option<Pipeline>,
    /// By how many columns rows are brought together.
    key: usize,
    /// What it costs is counted as this.
    part: Part,
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
            profiler: context.profiler.clone(),
        };
        for (at, node) in plan.nodes.iter().enumerate() {
            if node.inside.is_none() && matches!(node.operator, Operator::Distinct(_)) {
                let width = node.columns.len();
                let part = Part::node(at);
                shelves.counted[at] = Some(shelves.add(Index::new(width), None, width, part));
            }
        }
        let homes = plan.homes(is_alone);
        for id in plan.kept() {
            shelves.places[id.index()] = Some(match homes[id.index()] {
                Home::Distinct(node) => {
                    let shelf = shelves.counted[node.index()];
                    (shelf.expect("distinct rows are counted"), Counts::Set)
                }
                Home::Index(other) => {
                    shelves.places[other.index()].expect("it comes before those that share it")
                }
                Home::Own => {
                    let arrangement = &plan.arrangements[id.index()];
                    let pipeline = context.arrangement_pipeline(arrangement);
                    let index = Index::new(pipeline.width());
                    let (key, part) = (arrangement.key.len(), Part::Index(id));
                    let shelf = shelves.add(index, Some(pipeline), key, part);
                    shelves.fed_by[arrangement.input.index()].push(shelf);
                    (shelf, Counts::Bag)
                }
            });
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
            self.profiler.begin();
            let Shelf { index, pipeline, key, part } = &mut self.shelves[shelf];
            let pipeline = pipeline.as_mut().expect("what is fed has a pipeline");
            let mut batch = Batch::new(pipeline.width());
            batch.reserve(rows.len());
            for (row, count) in rows.rows() {
                pipeline.run_into([row, &[]], &[], count, &mut batch);
            }
            let mut batch = post.exchange(batch, *key);
            batch.consolidate();
            self.profiler.end(*part, &batch);
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
            match (count > 0, plus(count, change) > 0) {
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
            self.profiler.begin();
            let Shelf { index, part, .. } = &mut self.shelves[shelf];
            index.settle();
            self.profiler.end_beside(*part);
        }
    }

    /// Counts the words of all rows.
    pub fn count(&self, census: &mut Census) {
        self.shelves.iter().for_each(|shelf| shelf.index.count(census));
    }

    /// Says how many rows each keeps.
    pub fn hold(&self, tell: &mut impl FnMut(Part, usize)) {
        self.shelves.iter().for_each(|shelf| tell(shelf.part, shelf.index.len()));
    }

    fn add(&mut self, index: Index, pipeline: Option<Pipeline>, key: usize, part: Part) -> usize {
        self.shelves.push(Shelf { index, pipeline, key, part });
        self.shelves.len() - 1
    }
}
