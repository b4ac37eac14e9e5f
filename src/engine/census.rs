//! Which texts' words are in use: counted over everything that holds rows, now and then, so that
//! texts which nobody holds any more are forgotten.

use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// The words that were seen in rows. A number that happens to be the word of some text counts
/// as that text: it is kept for nothing, which does no harm.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

/// Everything of a worker's that keeps rows between steps, beside indexes.
#[derive(Clone, Default)]
pub struct Holders(Rc<RefCell<Vec<Holder>>>);

impl Holders {
    /// Adds one that keeps rows.
    pub fn add(&self, holder: impl Fn(&mut Census) + 'static) {
        self.0.borrow_mut().push(Box::new(holder));
    }

    /// Counts all rows that are kept.
    pub fn count(&self, census: &mut Census) {
        self.0.borrow().iter().for_each(|holder| holder(census));
    }
}
