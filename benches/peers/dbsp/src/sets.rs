//! Rows that are met by others, or are not. Both sides are sets, so that a difference of counts is
//! one of rows: `antijoin` would make sure of that first, with a copy of what it takes away.

use dbsp::operator::dynamic::concat::dyn_accumulate_concat;
use dbsp::trace::BatchReaderFactories;
use dbsp::{Circuit, DBData, OrdZSet, Stream, ZWeight};

pub fn within<C: Circuit, K: DBData>(
    rows: &Stream<C, OrdZSet<K>>,
    of: &Stream<C, OrdZSet<K>>,
) -> Stream<C, OrdZSet<K>> {
    rows.join_generic(of, |row, (), ()| Some((row.clone(), ())))
}

/// As `antijoin` does, it waits for all of both before it takes the difference. `minus` would pass
/// on rows in one step and take them away in a later one, and whatever reads the result would go
/// through them in vain until they happen to be merged.
pub fn without<C: Circuit, K: DBData>(
    rows: &Stream<C, OrdZSet<K>>,
    of: &Stream<C, OrdZSet<K>>,
) -> Stream<C, OrdZSet<K>> {
    let factories = BatchReaderFactories::new::<K, (), ZWeight>();
    let both = [(rows.inner(), true), (within(rows, of).inner(), false)];
    dyn_accumulate_concat(&factories, both).typed()
}
