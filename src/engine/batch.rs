//! Changes of rows on their way: all of one width, in one piece of memory, sorted when they have
//! to be netted or looked up. No row is an allocation of its own, however wide.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

/// Rows of one width with their counts: the words of each row, then how often it comes; negative
/// where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    width: usize,
    words: Vec<u64>,
}

impl Batch {
    /// No rows of that width.
    pub fn new(width: usize) -> Batch {
        Batch { width, words: Vec::new() }
    }

    /// The rows of that width that were another batch's [`words`](Batch::words).
    ///
    /// # Panics
    /// If they are no whole rows.
    pub fn from_words(width: usize, words: Vec<u64>) -> Batch {
        assert_eq!(words.len() % (width + 1), 0, "a batch is whole rows");
        Batch { width, words }
    }

    /// All rows and counts, one after the other.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many words a row has.
    pub fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.words.len() / self.stride()
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Takes all rows out.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// Adds a row.
    pub fn push(&mut self, row: &[u64], count: isize) {
        debug_assert_eq!(row.len(), self.width, "rows of one batch are of one width");
        self.words.extend_from_slice(row);
        self.words.push(count as u64);
    }

    /// Adds a row of some words, as many as the batch is wide.
    pub fn extend_row(&mut self, row: impl Iterator<Item = u64>, count: isize) {
        self.words.extend(row);
        self.words.push(count as u64);
        debug_assert_eq!(self.words.len() % self.stride(), 0, "rows of one batch are of one width");
    }

    /// Adds the rows of another batch of the same width.
    pub fn append(&mut self, other: &Batch) {
        assert_eq!(self.width, other.width, "rows of one batch are of one width");
        self.words.extend_from_slice(&other.words);
    }

    /// The same rows, each gone as often as it came.
    pub fn negated(mut self) -> Batch {
        let stride = self.stride();
        self.words.chunks_exact_mut(stride).for_each(|row| {
            row[stride - 1] = (row[stride - 1] as isize).wrapping_neg() as u64;
        });
        self
    }

    /// Takes out the rows from a place on.
    pub fn split_off(&mut self, at: usize) -> Batch {
        let words = self.words.split_off(at * self.stride());
        Batch { width: self.width, words }
    }

    /// The words of one row.
    pub fn row(&self, at: usize) -> &[u64] {
        let start = at * self.stride();
        &self.words[start..start + self.width]
    }

    /// How often that row comes.
    pub fn count(&self, at: usize) -> isize {
        self.words[at * self.stride() + self.width] as isize
    }

    /// Every row with its count.
    pub fn rows(&self) -> impl Iterator<Item = (&[u64], isize)> {
        self.rows_in(0, self.len())
    }

    /// The rows from one place to before another.
    pub fn rows_in(&self, from: usize, to: usize) -> impl Iterator<Item = (&[u64], isize)> {
        let stride = self.stride();
        let rows = self.words[from * stride..to * stride].chunks_exact(stride);
        rows.map(move |row| (&row[..stride - 1], row[stride - 1] as isize))
    }

    /// Sorts the rows, adds up the counts of equal ones, and drops those that cancel.
    pub fn consolidate(&mut self) {
        let mut order = Ordering::Less;
        for at in 1..self.len() {
            order = order.max(self.row(at - 1).cmp(self.row(at)));
        }
        match order {
            Ordering::Less => {}
            Ordering::Equal => return self.net(),
            Ordering::Greater => {
                self.sort();
                return self.net();
            }
        }
        if self.rows().any(|(_, count)| count == 0) {
            self.net();
        }
    }

    /// Every row that is counted more than once, once; of a consolidated batch.
    pub fn count_once(&mut self) {
        let stride = self.stride();
        self.words.chunks_exact_mut(stride).for_each(|row| {
            row[stride - 1] = u64::from(row[stride - 1] as isize > 0);
        });
        self.net();
    }

    /// Gives back memory that is not used, where it is much.
    pub fn fit(&mut self) {
        if self.words.len() < self.words.capacity() / 4 * 3 {
            self.words.shrink_to_fit();
        }
    }

    /// Two consolidated batches as one.
    pub fn merge(first: &Batch, second: &Batch) -> Batch {
        assert_eq!(first.width, second.width, "rows of one batch are of one width");
        let words = Vec::with_capacity(first.words.len() + second.words.len());
        let mut merged = Batch { width: first.width, words };
        let stride = first.stride();
        let (mut a, mut b) = (0, 0);
        let (ends_a, ends_b) = (first.len(), second.len());
        while a < ends_a && b < ends_b {
            match first.row(a).cmp(second.row(b)) {
                Ordering::Less => {
                    let end = first.seek(a + 1, second.row(b));
                    merged.words.extend_from_slice(&first.words[a * stride..end * stride]);
                    a = end;
                }
                Ordering::Greater => {
                    let end = second.seek(b + 1, first.row(a));
                    merged.words.extend_from_slice(&second.words[b * stride..end * stride]);
                    b = end;
                }
                Ordering::Equal => {
                    let count = first.count(a) + second.count(b);
                    if count != 0 {
                        merged.push(first.row(a), count);
                    }
                    (a, b) = (a + 1, b + 1);
                }
            }
        }
        merged.words.extend_from_slice(&first.words[a * stride..]);
        merged.words.extend_from_slice(&second.words[b * stride..]);
        merged
    }

    /// Of a sorted batch, the first row from a place on whose first words are not below `key`. It
    /// costs the logarithm of how far that is.
    pub fn seek(&self, from: usize, key: &[u64]) -> usize {
        let len = self.len();
        let is_below = |at: usize| self.row(at)[..key.len()] < *key;
        if from >= len || !is_below(from) {
            return from;
        }
        let (mut low, mut step) = (from, 1);
        while low + step < len && is_below(low + step) {
            low += step;
            step *= 2;
        }
        let mut high = (low + step).min(len);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_below(middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// Of a sorted batch, the end of the rows that begin with the same words as the one at a place.
    pub fn group_end(&self, at: usize, width: usize) -> usize {
        let key = &self.row(at)[..width];
        let len = self.len();
        let mut end = at + 1;
        while end < len && self.row(end)[..width] == *key {
            end += 1;
        }
        end
    }

    fn stride(&self) -> usize {
        self.width + 1
    }

    fn sort(&mut self) {
        match self.stride() {
            2 => sort_chunks::<2>(&mut self.words),
            3 => sort_chunks::<3>(&mut self.words),
            4 => sort_chunks::<4>(&mut self.words),
            5 => sort_chunks::<5>(&mut self.words),
            6 => sort_chunks::<6>(&mut self.words),
            7 => sort_chunks::<7>(&mut self.words),
            8 => sort_chunks::<8>(&mut self.words),
            stride => {
                let mut rows: Vec<&[u64]> = self.words.chunks_exact(stride).collect();
                rows.sort_unstable();
                self.words = rows.concat();
            }
        }
    }

    /// Adds up the counts of equal neighbours, and drops those that cancel.
    fn net(&mut self) {
        let (stride, width, len) = (self.stride(), self.width, self.len());
        let mut kept = 0;
        let mut at = 0;
        while at < len {
            let mut count = self.count(at);
            let mut next = at + 1;
            while next < len && self.row(next) == self.row(at) {
                count += self.count(next);
                next += 1;
            }
            if count != 0 {
                self.words.copy_within(at * stride..at * stride + width, kept * stride);
                self.words[kept * stride + width] = count as u64;
                kept += 1;
            }
            at = next;
        }
        self.words.truncate(kept * stride);
    }
}

/// Sorts rows of a known stride. The count comes last, and so decides nothing that matters.
fn sort_chunks<const STRIDE: usize>(words: &mut [u64]) {
    let (rows, _) = words.as_chunks_mut::<STRIDE>();
    rows.sort_unstable();
}
