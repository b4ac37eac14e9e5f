//! The operators inside of loops. Each row has its round as the last word; what follows from two
//! rows belongs to the later of their rounds.

use std::rc::Rc;

use crate::plan::{ArrangementId, Node, NodeId, Operator};

use super::batch::Batch;
use super::context::Context;
use super::generator::Generator;
use super::index::{Counts, Index};
use super::looped::Indexes;
use super::matching::{Side, antijoin, join};
use super::meter::Meter;
use super::pipeline::Pipeline;
use super::state::State;
use super::temporal::Hold;

/// One operator.
pub enum Inner {
    /// A relation as of the round before: it is given its rows.
    Recursive {
        width: usize,
    },
    Map {
        input: Source,
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
        width: usize,
    },
    Range {
        input: Source,
        keep: usize,
        generator: Generator,
    },
    Clock {
        input: Source,
        keep: usize,
        hold: Hold<u64>,
    },
    Union {
        inputs: Vec<Source>,
        width: usize,
    },
    Distinct {
        input: Source,
        counted: Index,
        width: usize,
        meter: Meter,
    },
}

/// Where rows come from.
#[derive(Clone, Copy)]
pub enum Source {
    /// An operator of the loop, by its place.
    Inside(usize),
    /// A node outside.
    Outside(usize),
}

/// What the operators of a loop have made in a round, as one of them meets it.
pub struct Deltas<'a> {
    /// By place.
    pub made: &'a mut [Option<Rc<Batch>>],
    /// The places whose rows this operator is the last to ask for.
    pub spent: &'a [usize],
}

impl Inner {
    /// The operator of a node; `place` finds the places of those inside.
    pub fn new(context: &Context, node: &Node, place: &impl Fn(usize) -> Option<usize>) -> Inner {
        let source = |node: NodeId| match place(node.index()) {
            Some(place) => Source::Inside(place),
            None => Source::Outside(node.index()),
        };
        let key = |id: ArrangementId| context.plan.arrangements[id.index()].key.len();
        let width = node.columns.len() + 1;
        match &node.operator {
            Operator::Recursive(_) => Inner::Recursive { width },
            Operator::Map(map) => {
                Inner::Map { input: source(map.input), pipeline: context.map_pipeline(map) }
            }
            Operator::Join(join) => {
                let (left, right, key) = (join.left, join.right, key(join.left));
                Inner::Join { left, right, key, pipeline: context.join_pipeline(join) }
            }
            Operator::Antijoin { left, right } => {
                Inner::Antijoin { left: *left, right: *right, key: key(*left), width }
            }
            Operator::Range(range) => {
                let generator = Generator::new(range.clone(), context);
                Inner::Range { input: source(range.input), keep: range.keep, generator }
            }
            Operator::Clock { input, tests, keep } => {
                let hold = Hold::new(tests.clone(), *keep, context);
                Inner::Clock { input: source(*input), keep: *keep, hold }
            }
            Operator::Union(inputs) => {
                let inputs = inputs.iter().map(|input| source(*input)).collect();
                Inner::Union { inputs, width }
            }
            Operator::Distinct(input) => {
                let (counted, meter) = (Index::new(width), context.meter.clone());
                Inner::Distinct { input: source(*input), counted, width, meter }
            }
            Operator::Base(_)
            | Operator::Constants(_)
            | Operator::Result(_)
            | Operator::Aggregate { .. } => {
                unreachable!("{:?} is never inside a loop", node.operator)
            }
        }
    }

    /// The places of the operators inside whose rows it takes as they come.
    pub fn inputs(&self) -> Vec<usize> {
        let sources = match self {
            Inner::Map { input, .. }
            | Inner::Range { input, .. }
            | Inner::Clock { input, .. }
            | Inner::Distinct { input, .. } => std::slice::from_ref(input),
            Inner::Union { inputs, .. } => inputs,
            Inner::Recursive { .. } | Inner::Join { .. } | Inner::Antijoin { .. } => &[],
        };
        let inside = sources.iter().filter_map(|source| match source {
            Source::Inside(place) => Some(*place),
            Source::Outside(_) => None,
        });
        inside.collect()
    }

    /// How many words its rows have, the round among them.
    pub fn width(&self) -> usize {
        match self {
            Inner::Recursive { width }
            | Inner::Antijoin { width, .. }
            | Inner::Union { width, .. }
            | Inner::Distinct { width, .. } => *width,
            Inner::Map { pipeline, .. } | Inner::Join { pipeline, .. } => pipeline.width() + 1,
            Inner::Range { keep, .. } => keep + 2,
            Inner::Clock { keep, .. } => keep + 1,
        }
    }

    /// What follows from a round's changes, in this round and later ones.
    pub fn run(
        &mut self,
        round: u64,
        outside: &State,
        deltas: &mut Deltas<'_>,
        indexes: &Indexes,
    ) -> Batch {
        let mut made = Batch::new(self.width());
        match self {
            Inner::Recursive { .. } => {}
            Inner::Map { input, pipeline } => {
                let rows = input.rows(round, outside, deltas);
                for (row, count) in rows.iter().flat_map(|rows| rows.rows()) {
                    let (row, round) = row.split_at(row.len() - 1);
                    pipeline.run_into([row, &[]], round, count, &mut made);
                }
            }
            Inner::Join { left, right, key, pipeline } => {
                let [left, right] = [*left, *right].map(|id| side(id, round, outside, indexes));
                let key = *key;
                join(left.side, right.side, key, |one, other, count| {
                    let ((one, first), (other, second)) = (left.cut(one), right.cut(other));
                    let round = [first.max(second)];
                    pipeline.run_into([one, &other[key..]], &round, count, &mut made);
                    made.net_as_it_grows();
                });
            }
            Inner::Antijoin { left, right, key, .. } => {
                let [left, right] = [*left, *right].map(|id| side(id, round, outside, indexes));
                antijoin(left.side, right.side, *key, |row, count| made.push(row, count));
            }
            Inner::Range { input, keep, generator } => {
                let rows = input.rows(round, outside, deltas);
                let rows = plain(rows.as_deref(), *keep + 2);
                let rows = generator.values(outside.post.exchange(rows, *keep));
                with_round(&rows, round, &mut made);
            }
            Inner::Clock { input, keep, hold } => {
                let rows = input.rows(round, outside, deltas);
                run_clock(rows.as_deref(), (round, *keep), hold, outside, &mut made);
            }
            Inner::Union { inputs, .. } => {
                for input in inputs {
                    match input.take(round, outside, deltas) {
                        Some(rows) if made.is_empty() => made = rows,
                        Some(rows) => made.append(&rows),
                        None => {}
                    }
                }
            }
            Inner::Distinct { input, counted, width, meter } => {
                let rows = input.take(round, outside, deltas);
                let rows = rows.unwrap_or_else(|| Batch::new(*width));
                let mut rows = outside.post.exchange(rows, *width - 1);
                rows.consolidate();
                meter.add(rows.len() as u64);
                distinct(&rows, counted, round, &mut made);
                counted.receive(rows);
            }
        }
        made
    }
}

impl Source {
    /// What changes in a round. What comes from outside is there from the first round on.
    fn rows(self, round: u64, outside: &State, deltas: &Deltas<'_>) -> Option<Rc<Batch>> {
        match self {
            Source::Inside(place) => deltas.made[place].clone(),
            Source::Outside(node) => {
                let rows = outside.delta(node).filter(|_| round == 0)?;
                let mut made = Batch::new(rows.width() + 1);
                with_round(rows, round, &mut made);
                Some(Rc::new(made))
            }
        }
    }

    /// The same rows to keep; without a copy for the last who asks.
    fn take(self, round: u64, outside: &State, deltas: &mut Deltas<'_>) -> Option<Batch> {
        let rows = match self {
            Source::Inside(place) if deltas.spent.contains(&place) => deltas.made[place].take(),
            source => source.rows(round, outside, deltas),
        };
        rows.map(Rc::unwrap_or_clone)
    }
}

/// An index that is matched, and whether its rows have rounds.
struct Matched<'a> {
    side: Side<'a>,
    is_inside: bool,
}

impl Matched<'_> {
    /// A row without its round, and the round.
    fn cut<'r>(&self, row: &'r [u64]) -> (&'r [u64], u64) {
        match row {
            [row @ .., round] if self.is_inside => (row, *round),
            row => (row, 0),
        }
    }
}

fn side<'a>(
    id: ArrangementId,
    round: u64,
    outside: &'a State,
    indexes: &'a Indexes,
) -> Matched<'a> {
    match indexes.find(id) {
        Some(index) => {
            let (delta, counts) = (index.delta(), Counts::Bag);
            let side = Side { index, delta, counts, is_met: false };
            Matched { side, is_inside: true }
        }
        None if round == 0 => Matched { side: outside.side(id), is_inside: false },
        None => Matched { side: outside.still(id), is_inside: false },
    }
}

/// Rows of one round without it, so wide.
fn plain(rows: Option<&Batch>, width: usize) -> Batch {
    let mut made = Batch::new(width);
    for (row, count) in rows.iter().flat_map(|rows| rows.rows()) {
        made.push(&row[..width], count);
    }
    made
}

fn with_round(rows: &Batch, round: u64, made: &mut Batch) {
    rows.rows().for_each(|(row, count)| {
        made.extend_row(row.iter().copied().chain([round]), count);
    });
}

fn run_clock(
    rows: Option<&Batch>,
    (round, keep): (u64, usize),
    hold: &mut Hold<u64>,
    outside: &State,
    made: &mut Batch,
) {
    let width = hold.width();
    let rows = outside.post.exchange(plain(rows, width), width);
    for (row, count) in rows.rows() {
        if hold.take(row, round, count) {
            made.extend_row(row[..keep].iter().copied().chain([round]), count);
        }
    }
    if round == 0 {
        for (row, round, count) in hold.due() {
            made.extend_row(row.words().iter().copied().chain([round]), count);
        }
    }
    hold.set_alarm();
}

/// From which rounds on there are rows, or are no more: what a round changes in that, now that
/// it changes how often they are derived.
fn distinct(rows: &Batch, counted: &Index, round: u64, made: &mut Batch) {
    let width = rows.width() - 1;
    let mut history = counted.before(Counts::Bag).cursor(width);
    for (row, change) in rows.rows() {
        let row = &row[..width];
        let (mut count, mut told) = (0, 0);
        let change = change as i128;
        let mut is_told = false;
        let mut tell = |at: u64, count: i128| {
            let differs = isize::from(count + change > 0) - isize::from(count > 0);
            if differs != told {
                made.extend_row(row.iter().copied().chain([at]), differs - told);
                told = differs;
            }
        };
        for (known, n) in history.group(row).rows() {
            let at = known[width];
            if at > round && !is_told {
                tell(round, count);
                is_told = true;
            }
            count += n as i128;
            if at > round {
                tell(at, count);
            }
        }
        if !is_told {
            tell(round, count);
        }
    }
}
