//! A plan's operators, run step by step: each at most once a step, in the order of the plan, and
//! only where something that it reads has changed. A loop counts as one (`looped`).

use std::rc::Rc;

use crate::model::RelationId;
use crate::plan::{Operator, Part, Plan};

use super::batch::Batch;
use super::census::Census;
use super::context::Context;
use super::facts::Changes;
use super::marks::Marks;
use super::matching::{antijoin, join};
use super::post::Post;
use super::question::Question;
use super::shelves::Shelves;
use super::state::State;
use super::words::Words;
use super::work::Work;

/// A worker's operators and what they keep.
pub struct Flow {
    context: Context,
    state: State,
    /// By node; none for those inside of loops.
    works: Vec<Option<Work>>,
    /// By node: the nodes that read it, in order.
    readers: Vec<Vec<usize>>,
    /// By node: what its changes are told as.
    watched_as: Vec<Vec<RelationId>>,
    marks: Marks,
    watched: Changes,
}

impl Flow {
    /// The operators of the context's plan, with nothing in them yet.
    pub fn new(context: Context, post: Post) -> Flow {
        let plan = context.plan.clone();
        let works = Work::of_plan(&context, post.own() == 0);
        let readers = readers(&plan, &works);
        let mut watched_as = vec![Vec::new(); plan.nodes.len()];
        for relation in &plan.watched {
            // What is given is told at the edge.
            if let Some(node) = plan.relations[relation.index()]
                && plan.nodes[node.index()].operator != Operator::Base(*relation)
            {
                watched_as[node.index()].push(*relation);
            }
        }
        let mut marks = Marks::new(plan.nodes.len());
        let has_rows = |work: &Option<Work>| matches!(work, Some(Work::Given(Some(_))));
        works.iter().enumerate().filter(|(_, w)| has_rows(w)).for_each(|(at, _)| marks.set(at));
        let shelves = Shelves::new(&context, post.is_alone());
        let state = State::new(plan, post, shelves);
        Flow { context, state, works, readers, watched_as, marks, watched: Changes::new() }
    }

    /// Applies changes of given relations, and what the clock brings about, and gives the changes
    /// of watched relations, not consolidated.
    pub fn step(&mut self, changes: Changes) -> Changes {
        self.give(changes);
        let is_due = self.context.clock.is_due();
        if is_due {
            let works = self.works.iter().enumerate();
            let heeding = works.filter(|(_, work)| work.as_ref().is_some_and(Work::heeds_time));
            heeding.for_each(|(at, _)| self.marks.set(at));
        }
        let mut from = 0;
        while let Some(at) = self.next_marked(from) {
            self.marks.take(at);
            self.run(at);
            from = at + 1;
        }
        self.state.shelves.settle();
        debug_assert!(self.state.deltas.iter().all(Option::is_none), "the last reader has had it");
        std::mem::take(&mut self.watched)
    }

    /// Counts the words of all rows that are kept.
    pub fn count(&self, census: &mut Census) {
        self.state.shelves.count(census);
        for work in self.works.iter().flatten() {
            if let Work::Loop(looped) = work {
                looped.count(census);
            }
        }
        self.context.holders.count(census);
    }

    /// Says how many rows each part keeps.
    pub fn hold(&self, tell: &mut impl FnMut(Part, usize)) {
        self.state.shelves.hold(tell);
        for (at, work) in self.works.iter().enumerate() {
            if let Some(held) = work.as_ref().and_then(Work::held) {
                tell(Part::node(at), held);
            }
            if let Some(Work::Loop(looped)) = work {
                looped.hold(tell);
            }
        }
    }

    /// The rows of a relation that are asked for, as far as this worker holds them; in order.
    pub fn rows(&self, relation: RelationId, question: &Question) -> Vec<Words> {
        let reads = self.state.plan.reads.iter();
        let (_, arrangement) =
            reads.clone().find(|(id, _)| *id == relation).expect("the relation is readable");
        let (index, counts) = self.state.shelves.index(*arrangement);
        index.after(counts).matching(question)
    }

    /// The operator from a place on that comes first of those marked by any worker.
    fn next_marked(&self, from: usize) -> Option<usize> {
        let own = self.marks.first_from(from).map(|at| at as u64);
        let least = self.state.post.least(own)?;
        Some(usize::try_from(least).expect("it is a place of some worker's"))
    }

    /// Puts changes where their relations are read.
    fn give(&mut self, changes: Changes) {
        for (relation, changed) in changes {
            // A relation that nothing reads has no way in.
            if let Some(node) = self.state.plan.relations[relation.index()]
                && let Some(Work::Given(rows)) = &mut self.works[node.index()]
            {
                *rows = Some(changed);
                self.marks.set(node.index());
            }
        }
    }

    fn run(&mut self, at: usize) {
        self.context.profiler.begin();
        let mut work = self.works[at].take().expect("only what works is marked");
        let width = self.state.plan.nodes[at].columns.len();
        let made = match &mut work {
            Work::Given(rows) => Rc::new(rows.take().unwrap_or_else(|| Batch::new(width))),
            Work::Union(inputs) => self.union(inputs, width),
            Work::Map { .. } | Work::Join { .. } | Work::Antijoin { .. } => {
                Rc::new(self.run_in_place(&mut work, width))
            }
            Work::Range { .. }
            | Work::Clock { .. }
            | Work::Aggregate { .. }
            | Work::Distinct { .. } => Rc::new(self.run_gathered(&mut work, at)),
            Work::Loop(looped) => {
                let mut results = looped.step(&self.state).into_iter();
                let (_, first) = results.next().expect("a loop has a result");
                for (node, rows) in results {
                    self.works[node] = Some(Work::Given(Some(rows)));
                    self.marks.set(node);
                }
                Rc::new(first)
            }
        };
        self.context.profiler.end(Part::node(at), &made);
        self.finish(at, work, made);
    }

    fn union(&self, inputs: &[usize], width: usize) -> Rc<Batch> {
        let changed: Vec<&Rc<Batch>> =
            inputs.iter().filter_map(|input| self.state.deltas[*input].as_ref()).collect();
        if let [rows] = changed.as_slice() {
            return Rc::clone(rows);
        }
        let mut made = Batch::new(width);
        changed.into_iter().for_each(|rows| made.append(rows));
        Rc::new(made)
    }

    /// Operators that take in rows where they are, and indexes.
    fn run_in_place(&self, work: &mut Work, width: usize) -> Batch {
        let mut made = Batch::new(width);
        match work {
            Work::Map { input, pipeline } => {
                for (row, count) in self.state.deltas[*input].iter().flat_map(|rows| rows.rows()) {
                    pipeline.run_into([row, &[]], &[], count, &mut made);
                }
            }
            Work::Join { left, right, key, pipeline } => {
                let (left, right, key) = (self.state.side(*left), self.state.side(*right), *key);
                join(left, right, key, |left, right, count| {
                    pipeline.run_into([left, &right[key..]], &[], count, &mut made);
                    made.net_as_it_grows();
                });
            }
            Work::Antijoin { left, right, key } => {
                antijoin(self.state.side(*left), self.state.side(*right), *key, |row, count| {
                    made.push(row, count);
                });
                self.context.meter.add(made.len() as u64);
            }
            _ => unreachable!("others are run elsewhere"),
        }
        made
    }

    /// Operators that need all rows which agree in some columns.
    fn run_gathered(&mut self, work: &mut Work, at: usize) -> Batch {
        match work {
            Work::Range { input, keep, generator } => {
                let rows = self.take(*input, at);
                generator.values(self.state.post.exchange(rows, *keep))
            }
            Work::Clock { input, keep, hold } => {
                let rows = self.take(*input, at);
                let whole = rows.width();
                let mut made = Batch::new(*keep);
                for (row, count) in self.state.post.exchange(rows, whole).rows() {
                    if hold.take(row, (), count) {
                        made.push(&row[..*keep], count);
                    }
                }
                for (row, (), count) in hold.due() {
                    made.push(row.words(), count);
                }
                hold.set_alarm();
                made
            }
            Work::Aggregate { input, group, groups } => {
                let rows = self.take(*input, at);
                groups.apply(self.state.post.exchange(rows, *group))
            }
            Work::Distinct { input } => {
                let rows = self.take(*input, at);
                let whole = rows.width();
                let mut rows = self.state.post.exchange(rows, whole);
                rows.consolidate();
                self.context.meter.add(rows.len() as u64);
                self.state.shelves.distinct(at, rows)
            }
            _ => unreachable!("others are run elsewhere"),
        }
    }

    /// Passes a node's changes on.
    fn finish(&mut self, at: usize, work: Work, made: Rc<Batch>) {
        for input in work.inputs(&self.state.plan) {
            if self.readers[input].last() == Some(&at) {
                self.state.deltas[input] = None;
            }
        }
        self.works[at] = Some(work);
        let is_kept = self.state.shelves.receive(at, &made, &self.state.post);
        if made.is_empty() && !is_kept {
            return;
        }
        self.readers[at].iter().for_each(|reader| self.marks.set(*reader));
        if !self.readers[at].is_empty() {
            self.state.deltas[at] = Some(made.clone());
        }
        // Without a copy where nobody else has them.
        if let Some((last, others)) = self.watched_as[at].split_last().filter(|_| !made.is_empty())
        {
            self.watched.extend(others.iter().map(|relation| (*relation, Batch::clone(&made))));
            self.watched.push((*last, Rc::unwrap_or_clone(made)));
        }
    }

    /// The changes of an input; without a copy for the last that reads them.
    fn take(&mut self, input: usize, reader: usize) -> Batch {
        let rows = match self.readers[input].last() == Some(&reader) {
            true => self.state.deltas[input].take(),
            false => self.state.deltas[input].clone(),
        };
        let width = self.state.plan.nodes[input].columns.len();
        rows.map_or_else(|| Batch::new(width), Rc::unwrap_or_clone)
    }
}

/// By node, the works that read it, in order.
fn readers(plan: &Plan, works: &[Option<Work>]) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); plan.nodes.len()];
    for (at, work) in works.iter().enumerate() {
        let mut inputs = work.as_ref().map(|work| work.inputs(plan)).unwrap_or_default();
        inputs.sort_unstable();
        inputs.dedup();
        inputs.into_iter().for_each(|input| readers[input].push(at));
    }
    readers
}
