//! Which texts' words are in use: counted over everything that holds rows, now and then, so that
//! texts which nobody holds any more are forgotten.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::operators::arrange::TraceAgent;
use differential_dataflow::trace::cursor::Cursor;
use differential_dataflow::trace::{BatchCursor, Navigable, TraceReader};
use timely::progress::frontier::AntichainRef;

use super::words::{AsWords, Words};

/// The words that were seen in rows. A number that happens to be the word of some text counts
/// as that text: it is kept for nothing, which does no harm.
#[derive(Clone, Debug)]
pub struct Census {
    seen: Vec<bool>,
    rows: usize,
}

impl Census {
    /// Nothing seen yet, of so many words.
    pub fn new(words: usize) -> Census {
        Census { seen: vec![false; words], rows: 0 }
    }

    /// Counts a row, or a part of one.
    pub fn see(&mut self, row: &[u64]) {
        self.rows += 1;
        for word in row {
            if let Some(seen) = usize::try_from(*word).ok().and_then(|at| self.seen.get_mut(at)) {
                *seen = true;
            }
        }
    }

    /// Adds what another worker saw.
    pub fn merge(&mut self, other: &Census) {
        assert_eq!(self.seen.len(), other.seen.len(), "workers count the same words");
        self.rows += other.rows;
        self.seen.iter_mut().zip(&other.seen).for_each(|(seen, other)| *seen |= other);
    }

    /// Whether the word was in some row.
    pub fn has_seen(&self, word: usize) -> bool {
        self.seen[word]
    }

    /// How many rows were counted: what a census costs.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

/// Counts the rows that one operator keeps.
type Holder = Box<dyn Fn(&mut Census)>;

/// Everything in a worker's dataflow that keeps rows between steps.
#[derive(Clone, Default)]
pub struct Holders(Rc<RefCell<Vec<Holder>>>);

impl Holders {
    /// Adds one that keeps rows.
    pub fn add(&self, holder: impl Fn(&mut Census) + 'static) {
        self.0.borrow_mut().push(Box::new(holder));
    }

    /// Adds an index. It is looked at, and never held back from being compacted.
    pub fn add_trace<Tr, V>(&self, trace: &TraceAgent<Tr>)
    where
        V: AsWords + 'static,
        Tr: TraceReader<Batch: Navigable> + 'static,
        for<'a> BatchCursor<Tr>: Cursor<Key<'a> = &'a Words, Val<'a> = &'a V>,
    {
        let mut trace = trace.clone();
        trace.set_logical_compaction(AntichainRef::new(&[]));
        trace.set_physical_compaction(AntichainRef::new(&[]));
        self.add(move |census| {
            trace.map_spans(|span| {
                if let Some(batch) = &span.inner {
                    see_batch::<_, V>(batch, census);
                }
            });
        });
    }

    /// Counts all rows that are kept.
    pub fn count(&self, census: &mut Census) {
        self.0.borrow().iter().for_each(|holder| holder(census));
    }
}

fn see_batch<B, V>(batch: &B, census: &mut Census)
where
    V: AsWords + 'static,
    B: Navigable,
    for<'a> B::Cursor: Cursor<Key<'a> = &'a Words, Val<'a> = &'a V>,
{
    let mut cursor = batch.cursor();
    while let Some(key) = cursor.get_key(batch) {
        census.see(key.words());
        while let Some(value) = cursor.get_val(batch) {
            census.see(value.words());
            cursor.step_val(batch);
        }
        cursor.step_key(batch);
    }
}
