//! Names for the pieces of differential dataflow that the engine is made of, and the one
//! operator that everything row by row is.

use std::hash::{Hash, Hasher};

use differential_dataflow::lattice::Lattice;
use differential_dataflow::operators::arrange::{Arranged, TraceAgent};
use differential_dataflow::trace::implementations::{KeySpine, ValSpine};
use differential_dataflow::{AsCollection, VecCollection};
use rustc_hash::FxHasher;
use timely::dataflow::channels::pact::{Exchange, ParallelizationContract, Pipeline as Pact};
use timely::dataflow::operators::generic::operator::Operator;
use timely::order::Product;
use timely::progress::Timestamp;

use super::words::{AsWords, Words};

/// The logical time outside of loops: the number of the step.
pub type Epoch = u64;
/// The logical time inside of loops: the step and the round, which are far fewer than 2³².
pub type Round = Product<Epoch, u32>;

/// A changing bag of rows.
pub type Rows<'s, T> = VecCollection<'s, T, Words, isize>;
/// Rows indexed by themselves.
pub type ByRow<'s, T> = Arranged<'s, TraceAgent<RowTrace<T>>>;
/// Rows in two parts, indexed by the first.
pub type ByKey<'s, T> = Arranged<'s, TraceAgent<KeyTrace<T>>>;
pub type RowTrace<T> = KeySpine<Words, T, isize>;
pub type KeyTrace<T> = ValSpine<Words, Words, T, isize>;

/// A logical time of the engine's: a step, and inside a loop a round.
pub trait Moment: Timestamp + Lattice {
    /// The same round of another step.
    fn at(&self, epoch: Epoch) -> Self;
    /// The step.
    fn epoch(&self) -> Epoch;
}

impl Moment for Epoch {
    fn at(&self, epoch: Epoch) -> Epoch {
        epoch
    }

    fn epoch(&self) -> Epoch {
        *self
    }
}

impl Moment for Round {
    fn at(&self, epoch: Epoch) -> Round {
        Product::new(epoch, self.inner)
    }

    fn epoch(&self) -> Epoch {
        self.outer
    }
}

/// Brings all rows that agree in some columns to one worker: what an operator keeps of a row, it
/// needs when the row goes, whichever worker is told of that.
pub fn by_columns<T: Moment>(
    columns: impl IntoIterator<Item = usize>,
) -> impl ParallelizationContract<T, Vec<(Words, T, isize)>> {
    let columns: Vec<usize> = columns.into_iter().collect();
    Exchange::new(move |(row, _, _): &(Words, T, isize)| {
        let mut hasher = FxHasher::default();
        columns.iter().for_each(|column| row.words()[*column].hash(&mut hasher));
        hasher.finish()
    })
}

/// Each row becomes one item or none; `logic` is told the row's count.
pub fn filter_map<'s, T, D, L>(
    rows: Rows<'s, T>,
    name: &str,
    mut logic: L,
) -> VecCollection<'s, T, D, isize>
where
    T: Moment,
    D: differential_dataflow::Data,
    L: FnMut(Words, isize) -> Option<D> + 'static,
{
    rows.inner
        .unary(Pact, name, move |_, _| {
            move |input, output| {
                input.for_each(|capability, data| {
                    let mut session = output.session(&capability);
                    for (row, time, count) in data.drain(..) {
                        if let Some(item) = logic(row, count) {
                            session.give((item, time, count));
                        }
                    }
                });
            }
        })
        .as_collection()
}

/// The updates that `keep` wants, by their time and count.
pub fn filter_timed<'s, T, L>(rows: Rows<'s, T>, name: &str, mut keep: L) -> Rows<'s, T>
where
    T: Moment,
    L: FnMut(&T, isize) -> bool + 'static,
{
    rows.inner
        .unary(Pact, name, move |_, _| {
            move |input, output| {
                input.for_each(|capability, data| {
                    data.retain(|(_, time, count)| keep(time, *count));
                    output.session(&capability).give_container(data);
                });
            }
        })
        .as_collection()
}
