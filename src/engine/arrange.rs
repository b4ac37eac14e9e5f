//! Indexes over rows, and the joins between them.

use differential_dataflow::AsCollection;
use differential_dataflow::consolidation::ConsolidatingContainerBuilder;
use differential_dataflow::operators::arrange::Arranged;
use differential_dataflow::operators::cursor::join::join_traces;
use differential_dataflow::trace::cursor::Cursor;
use differential_dataflow::trace::implementations::{KeyBatcher, ValBatcher};
use differential_dataflow::trace::{BatchCursor, Navigable, TraceReader};
use timely::container::PushInto;

use super::context::Context;
use super::pipeline::Pipeline;
use super::stream::{ByKey, ByRow, Moment, Rows, filter_map};
use super::words::{AsWords, Words};

/// The rows that a pipeline makes, indexed by the whole row.
pub fn by_row<'s, T: Moment>(
    rows: Rows<'s, T>,
    mut pipeline: Pipeline,
    context: &Context,
) -> ByRow<'s, T> {
    let index: ByRow<'s, T> = filter_map(rows, "Key", move |row, count| {
        pipeline.run([row.words(), &[], &[]], count).map(|key| (key, ()))
    })
    .arrange_named::<_, _>("Arrange", KeyBatcher::new);
    context.holders.add_trace::<_, ()>(&index.trace);
    index
}

/// The rows that a pipeline makes, the first `split` columns of them the key.
pub fn by_key<'s, T: Moment>(
    rows: Rows<'s, T>,
    mut pipeline: Pipeline,
    split: usize,
    context: &Context,
) -> ByKey<'s, T> {
    let index: ByKey<'s, T> =
        filter_map(rows, "Key", move |row, count| pipeline.run_split(row.words(), split, count))
            .arrange_named::<_, _>("Arrange", ValBatcher::new);
    context.holders.add_trace::<_, Words>(&index.trace);
    index
}

/// The most ways in which a row is counted to be derived. Some of these add up without wrapping
/// round.
pub const COUNT_MAX: isize = 1 << 60;

/// Which of the two indexes given to [`join`] is the left one of the plan.
#[derive(Clone, Copy, Debug)]
pub enum Sides {
    AsGiven,
    Swapped,
}

/// The matches of two indexes: key, left values and right values through a pipeline.
pub fn join<'s, T, A, B, V, W>(
    first: Arranged<'s, A>,
    second: Arranged<'s, B>,
    mut pipeline: Pipeline,
    sides: Sides,
) -> Rows<'s, T>
where
    T: Moment,
    V: AsWords + 'static,
    W: AsWords + 'static,
    A: TraceReader<Batch: Navigable, Time = T> + 'static,
    B: TraceReader<Batch: Navigable, Time = T> + 'static,
    BatchCursor<A>: Cursor<Time = T, Diff = isize, KeyContainer = Vec<Words>>,
    BatchCursor<B>: Cursor<Time = T, Diff = isize>,
    for<'a> BatchCursor<A>: Cursor<Key<'a> = &'a Words, Val<'a> = &'a V>,
    for<'a> BatchCursor<B>: Cursor<Key<'a> = &'a Words, Val<'a> = &'a W>,
{
    type Builder<T> = ConsolidatingContainerBuilder<Vec<(Words, T, isize)>>;
    join_traces::<_, _, Vec<Words>, _, Builder<T>>(
        first,
        second,
        "Join",
        move |key: &Words, v: &V, w: &W, time, a: &isize, b: &isize, output| {
            let parts = match sides {
                Sides::AsGiven => [key.words(), v.words(), w.words()],
                Sides::Swapped => [key.words(), w.words(), v.words()],
            };
            // Past it, the number is lost, but not that there are many.
            let count = a.saturating_mul(*b).clamp(-COUNT_MAX, COUNT_MAX);
            if let Some(row) = pipeline.run(parts, count) {
                output.push_into((row, time, count));
            }
        },
    )
    .as_collection()
}

/// The rows of an index: the key, then the values.
pub fn rows_of<'s, T, A, V>(arranged: Arranged<'s, A>) -> Rows<'s, T>
where
    T: Moment,
    V: AsWords + 'static,
    A: TraceReader<Batch: Navigable, Time = T> + 'static,
    BatchCursor<A>: Cursor<Time = T, Diff = isize>,
    for<'a> BatchCursor<A>: Cursor<Key<'a> = &'a Words, Val<'a> = &'a V>,
{
    arranged.as_collection(|key: &Words, values: &V| Words::concat(key.words(), values.words()))
}
