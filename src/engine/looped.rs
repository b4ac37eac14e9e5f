//! Loops: relations that depend on each other, gone through again and again until no round changes
//! anything. Each row inside has the round in which it is derived as its last word, and is kept
//! with it, so that a later step can take back, round by round, what a deleted fact had led to.
//! See Differential dataflow, McSherry and others, CIDR 2013: the order of rounds within steps.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::plan::{ArrangementId, Loop, Operator, Part, SiteId};

use super::batch::Batch;
use super::census::Census;
use super::context::Context;
use super::errors::{Errors, Reason};
use super::index::Index;
use super::inner::{Deltas, Inner};
use super::pipeline::Pipeline;
use super::profiler::Profiler;
use super::state::State;

/// One loop with what it keeps.
pub struct Looped {
    /// The operators inside, in the order of the plan.
    inners: Vec<Inner>,
    /// What they are in the plan.
    parts: Vec<Part>,
    profiler: Profiler,
    /// By operator: those whose rows nobody asks for after it, maybe its own.
    spent: Vec<Vec<usize>>,
    indexes: Indexes,
    members: Vec<Member>,
    /// The nodes outside that are read.
    inputs: Vec<usize>,
    errors: Errors,
    site: SiteId,
    rounds_max: u64,
}

/// A relation of the loop, by places among the operators.
struct Member {
    node: usize,
    definition: usize,
    /// Where it is read as of the round before, if anywhere.
    recursive: Option<usize>,
}

/// The indexes inside of a loop; the round comes last in each row.
pub struct Indexes {
    indexes: Vec<Arranged>,
    by_arrangement: HashMap<ArrangementId, usize>,
    /// By operator: the indexes that its rows go to.
    fed_by: Vec<Vec<usize>>,
}

struct Arranged {
    part: Part,
    index: Index,
    pipeline: Pipeline,
    key: usize,
}

/// What operators give, by the round that it belongs to and by operator.
type Later = BTreeMap<u64, BTreeMap<usize, Batch>>;

impl Looped {
    /// Makes the operators of a loop, which is that stratum of the context's plan.
    pub fn new(context: &Context, stratum: usize, looped: &Loop) -> Looped {
        let plan = &context.plan;
        let nodes = plan.nodes.iter().enumerate();
        let inside: Vec<usize> =
            nodes.filter(|(_, node)| node.inside == Some(stratum)).map(|(at, _)| at).collect();
        let place = |node: usize| inside.binary_search(&node).ok();
        let inners = inside.iter().map(|at| Inner::new(context, &plan.nodes[*at], &place));
        let members = looped.definitions.iter().map(|(relation, definition)| {
            let node = plan.relations[relation.index()].expect("loops define relations");
            let is_read = |at: &usize| plan.nodes[*at].operator == Operator::Recursive(*relation);
            let definition = place(definition.index()).expect("definitions are inside");
            Member { node: node.index(), definition, recursive: inside.iter().position(is_read) }
        });
        let mut members: Vec<Member> = members.collect();
        members.sort_by_key(|member| member.node);
        let reads = inside.iter().flat_map(|at| {
            let operator = &plan.nodes[*at].operator;
            let through = operator.arrangements().into_iter();
            let through = through.map(|id| plan.arrangements[id.index()].input);
            operator.nodes().into_iter().chain(through)
        });
        let mut inputs: Vec<usize> =
            reads.map(|node| node.index()).filter(|node| place(*node).is_none()).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let inners: Vec<Inner> = inners.collect();
        Looped {
            spent: spent(&inners, &members),
            inners,
            parts: inside.iter().map(|at| Part::node(*at)).collect(),
            profiler: context.profiler.clone(),
            indexes: Indexes::new(context, stratum, &inside),
            members,
            inputs,
            errors: context.errors.clone(),
            site: looped.site,
            rounds_max: u64::from(context.rounds_max),
        }
    }

    /// The node of the result that comes first.
    pub fn first_result(&self) -> usize {
        self.members[0].node
    }

    /// The nodes outside that it reads.
    pub fn inputs(&self) -> Vec<usize> {
        self.inputs.clone()
    }

    /// Whether time alone can change its rows.
    pub fn heeds_time(&self) -> bool {
        self.inners.iter().any(|inner| matches!(inner, Inner::Clock { .. }))
    }

    /// Counts the words of all rows that are kept.
    pub fn count(&self, census: &mut Census) {
        self.indexes.indexes.iter().for_each(|arranged| arranged.index.count(census));
        for inner in &self.inners {
            if let Inner::Distinct { counted, .. } = inner {
                counted.count(census);
            }
        }
    }

    /// Says how many rows each part keeps.
    pub fn hold(&self, tell: &mut impl FnMut(Part, usize)) {
        for Arranged { index, part, .. } in &self.indexes.indexes {
            tell(*part, index.len());
        }
        for (inner, part) in self.inners.iter().zip(&self.parts) {
            if let Inner::Distinct { counted, .. } = inner {
                tell(*part, counted.len());
            }
            if let Inner::Clock { hold, .. } = inner {
                tell(*part, hold.len());
            }
        }
    }

    /// Goes round until nothing changes, and gives the changes of its relations by node.
    pub fn step(&mut self, outside: &State) -> Vec<(usize, Batch)> {
        let widths = self.members.iter().map(|member| self.inners[member.definition].width() - 1);
        let mut changes: Vec<Batch> = widths.map(Batch::new).collect();
        let mut later = Later::new();
        let mut next = Some(0);
        while let Some(round) = next {
            let deltas = self.go_round(round, outside, &mut later);
            for (member, changes) in self.members.iter().zip(&mut changes) {
                if let Some(rows) = &deltas[member.definition] {
                    Looped::feed_back(member, round, rows, self.rounds_max, &mut later, |count| {
                        self.errors.note(self.site, Reason::Rounds, count);
                    });
                    let width = changes.width();
                    changes.reserve(rows.len());
                    rows.rows().for_each(|(row, count)| changes.push(&row[..width], count));
                }
            }
            self.settle();
            next = outside.post.least(later.keys().next().copied());
        }
        changes.iter_mut().for_each(Batch::consolidate);
        self.members.iter().map(|member| member.node).zip(changes).collect()
    }

    /// Runs every operator that has something to do in a round, and gives the changes of each.
    fn go_round(
        &mut self,
        round: u64,
        outside: &State,
        later: &mut Later,
    ) -> Vec<Option<Rc<Batch>>> {
        let mut waiting = later.remove(&round).unwrap_or_default();
        let mut deltas: Vec<Option<Rc<Batch>>> = vec![None; self.inners.len()];
        for at in 0..self.inners.len() {
            self.profiler.begin();
            let spent = &self.spent[at];
            let inner = &mut self.inners[at];
            let width = inner.width();
            let mut made_so_far = Deltas { made: &mut deltas, spent };
            let mut made = inner.run(round, outside, &mut made_so_far, &self.indexes);
            spent.iter().for_each(|place| deltas[*place] = None);
            match waiting.remove(&at) {
                Some(rows) if made.is_empty() => made = rows,
                Some(rows) => made.append(&rows),
                None => {}
            }
            let made = split(made, round, |other, row, count| {
                let rows = later.entry(other).or_default().entry(at);
                rows.or_insert_with(|| Batch::new(width)).push(row, count);
            });
            self.profiler.end(self.parts[at], &made);
            // Where there are other workers, they may have something for the indexes.
            if made.is_empty() && outside.post.is_alone() {
                continue;
            }
            self.indexes.receive(at, &made, outside, &self.profiler);
            if !spent.contains(&at) {
                deltas[at] = Some(Rc::new(made));
            }
        }
        deltas
    }

    /// What is derived in one round is read in the next; what comes in the last one is cut.
    fn feed_back(
        member: &Member,
        round: u64,
        rows: &Batch,
        rounds_max: u64,
        later: &mut Later,
        mut cut: impl FnMut(isize),
    ) {
        if round >= rounds_max {
            return rows.rows().for_each(|(_, count)| cut(count));
        }
        let Some(recursive) = member.recursive.filter(|_| !rows.is_empty()) else { return };
        let width = rows.width();
        let next = later.entry(round + 1).or_default().entry(recursive);
        let next = next.or_insert_with(|| Batch::new(width));
        next.reserve(rows.len());
        for (row, count) in rows.rows() {
            next.extend_row(row[..width - 1].iter().copied().chain([round + 1]), count);
        }
    }

    fn settle(&mut self) {
        for Arranged { index, part, .. } in &mut self.indexes.indexes {
            self.profiler.begin();
            index.settle();
            self.profiler.end_beside(*part);
        }
        for (inner, part) in self.inners.iter_mut().zip(&self.parts) {
            if let Inner::Distinct { counted, .. } = inner {
                self.profiler.begin();
                counted.settle();
                self.profiler.end_beside(*part);
            }
        }
    }
}

/// By operator: those whose rows nobody asks for after it. What defines a relation is asked for in
/// the end.
fn spent(inners: &[Inner], members: &[Member]) -> Vec<Vec<usize>> {
    let mut last: Vec<usize> = (0..inners.len()).collect();
    for (at, inner) in inners.iter().enumerate() {
        inner.inputs().into_iter().for_each(|place| last[place] = at);
    }
    let mut spent = vec![Vec::new(); inners.len()];
    for (place, last) in last.into_iter().enumerate() {
        if members.iter().all(|member| member.definition != place) {
            spent[last].push(place);
        }
    }
    spent
}

/// The rows of a round; others are given away.
fn split(rows: Batch, round: u64, mut give: impl FnMut(u64, &[u64], isize)) -> Batch {
    let last = rows.width() - 1;
    if rows.rows().all(|(row, _)| row[last] == round) {
        return rows;
    }
    let mut of_round = Batch::new(rows.width());
    of_round.reserve(rows.rows().filter(|(row, _)| row[last] == round).count());
    for (row, count) in rows.rows() {
        match row[last] {
            own if own == round => of_round.push(row, count),
            other => give(other, row, count),
        }
    }
    of_round
}

impl Indexes {
    fn new(context: &Context, stratum: usize, inside: &[usize]) -> Indexes {
        let mut made = Indexes {
            indexes: Vec::new(),
            by_arrangement: HashMap::new(),
            fed_by: vec![Vec::new(); inside.len()],
        };
        for (at, arrangement) in context.plan.arrangements.iter().enumerate() {
            if arrangement.inside == Some(stratum) {
                let id = ArrangementId(u32::try_from(at).expect("few arrangements"));
                let input = inside.binary_search(&arrangement.input.index());
                made.fed_by[input.expect("it is of this loop")].push(made.indexes.len());
                made.by_arrangement.insert(id, made.indexes.len());
                let pipeline = context.arrangement_pipeline(arrangement);
                let index = Index::new(pipeline.width() + 1);
                let (part, key) = (Part::Index(id), arrangement.key.len());
                made.indexes.push(Arranged { part, index, pipeline, key });
            }
        }
        made
    }

    /// The index of an arrangement, if it is one of the loop's.
    pub fn find(&self, id: ArrangementId) -> Option<&Index> {
        self.by_arrangement.get(&id).map(|at| &self.indexes[*at].index)
    }

    fn receive(&mut self, operator: usize, rows: &Batch, outside: &State, profiler: &Profiler) {
        for at in &self.fed_by[operator] {
            profiler.begin();
            let Arranged { part, index, pipeline, key } = &mut self.indexes[*at];
            let mut batch = Batch::new(pipeline.width() + 1);
            batch.reserve(rows.len());
            for (row, count) in rows.rows() {
                let (row, round) = row.split_at(row.len() - 1);
                pipeline.run_into([row, &[]], round, count, &mut batch);
            }
            let mut batch = outside.post.exchange(batch, *key);
            batch.consolidate();
            profiler.end(*part, &batch);
            index.receive(batch);
        }
    }
}
