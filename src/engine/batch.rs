//! Changes of rows on their way: all of one width, in one piece of memory, sorted when they have
//! to be netted or looked up. No row is an allocation of its own, however wide.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::count::plus;

/// Rows of one width with their counts: the words of each row, then how often it comes; negative
/// where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    width: usize,
    words: Vec<u64>,
    /// So many words at the beginning are consolidated rows, netted while others came.
    #[serde(skip)]
    netted: usize,
    /// Where rows are kept and many: the first word of every so manieth, so that looking for a row
    /// touches few places of memory.
    #[serde(skip)]
    fences: Vec<u64>,
}

/// A fence stands at every row whose place is a multiple of this.
const FENCE_EVERY: usize = 64;

/// As many rows are worth fences: fewer fit a cache.
const FENCED_MIN: usize = 1 << 11;

/// So many words are gathered before rows are netted while they come: what fits a cache.
const GATHERED_MIN: usize = 1 << 15;

impl Batch {
    /// No rows of that width.
    pub fn new(width: usize) -> Batch {
        Batch { width, words: Vec::new(), netted: 0, fences: Vec::new() }
    }

    /// The rows of that width that were another batch's [`words`](Batch::words).
    ///
    /// # Panics
    /// If they are no whole rows.
    pub fn from_words(width: usize, words: Vec<u64>) -> Batch {
        assert_eq!(words.len() % (width + 1), 0, "a batch is whole rows");
        Batch { width, words, netted: 0, fences: Vec::new() }
    }

    /// All rows and counts, one after the other.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Makes room for so many more rows, where that is known: what grows by itself is copied on
    /// the way, and takes up to twice the memory.
    pub fn reserve(&mut self, rows: usize) {
        self.words.reserve(rows * self.stride());
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
        self.netted = 0;
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

    /// Nets the rows so far, if they have become twice as many since that was done last. Where rows
    /// come in very many ways, no more memory is taken than a few times what they are.
    pub fn net_as_it_grows(&mut self) {
        if self.words.len() >= GATHERED_MIN.max(2 * self.netted) {
            self.consolidate();
            self.netted = self.words.len();
        }
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
        self.netted = self.netted.min(self.words.len());
        Batch { width: self.width, words, netted: 0, fences: Vec::new() }
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
        let netted = std::mem::take(&mut self.netted);
        if (1..self.words.len()).contains(&netted) {
            let mut rest = self.split_off(netted / self.stride());
            rest.consolidate();
            return self.merge(&rest);
        }
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

    /// Gives back memory that is not used, where it is more than growing leaves.
    pub fn fit(&mut self) {
        if self.words.len() < self.words.capacity() / 2 {
            self.words.shrink_to_fit();
        }
    }

    /// Makes looking for rows fast, of a consolidated batch that is kept as it is.
    pub fn fence(&mut self) {
        self.fences.clear();
        if self.width > 0 && self.len() >= FENCED_MIN {
            let stride = self.stride();
            self.fences.extend(self.words.iter().step_by(stride * FENCE_EVERY));
        }
    }

    /// Takes in another batch; both are consolidated. Rows move up from the last one on, within the
    /// memory that is there if it is enough.
    pub fn merge(&mut self, other: &Batch) {
        assert_eq!(self.width, other.width, "rows of one batch are of one width");
        let (stride, width) = (self.stride(), self.width);
        self.fences.clear();
        // Rows before `left` have not moved, those from `done` on are as they are to be.
        let (mut left, mut done) = (self.len(), self.len() + other.len());
        self.words.resize(done * stride, 0);
        for (row, count) in (0..other.len()).rev().map(|at| (other.row(at), other.count(at))) {
            let from = self.seek_back(left, row);
            done -= left - from;
            self.words.copy_within(from * stride..left * stride, done * stride);
            if from < left && self.row(done) == row {
                let count = plus(count, self.count(done));
                self.words[done * stride + width] = count as u64;
                done += usize::from(count == 0);
            } else {
                done -= 1;
                self.words[done * stride..][..width].copy_from_slice(row);
                self.words[done * stride + width] = count as u64;
            }
            left = from;
        }
        // What both had, or what cancelled, has left a gap.
        self.words.copy_within(done * stride.., left * stride);
        self.words.truncate(self.words.len() - (done - left) * stride);
    }

    /// Of a sorted batch, the first row from a place on whose first words are not below `key`. It
    /// costs the logarithm of how far that is.
    pub fn seek(&self, from: usize, key: &[u64]) -> usize {
        let len = self.len();
        let is_below = |at: usize| self.row(at)[..key.len()] < *key;
        if from >= len || !is_below(from) {
            return from;
        }
        let start = self.last_fence_below(from, key[0]).map_or(from, |fenced| fenced.max(from));
        first_from(start + 1, len, is_below)
    }

    /// Where there are fences behind a place: the last one there, or the last before it, whose word
    /// is less. All rows up to there begin with less.
    fn last_fence_below(&self, place: usize, word: u64) -> Option<usize> {
        let behind = place / FENCE_EVERY + 1;
        let end = first_from(behind, self.fences.len(), |at| self.fences[at] < word);
        (behind < end).then(|| (end - 1) * FENCE_EVERY)
    }

    /// Of the sorted rows before an end, the first that is not below a row. It costs the logarithm
    /// of how far that is.
    fn seek_back(&self, end: usize, row: &[u64]) -> usize {
        let is_below = |at: usize| self.row(at) < row;
        let (mut high, mut step) = (end, 1);
        while high >= step && !is_below(high - step) {
            high -= step;
            step *= 2;
        }
        first_between(high.saturating_sub(step), high, is_below)
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
                count = plus(count, self.count(next));
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

/// The first place from one on, before an end, that is not below what is looked for; in ascending
/// order. It costs the logarithm of how far that is.
fn first_from(from: usize, end: usize, is_below: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut step) = (from, 1);
    while low + step <= end && is_below(low + step - 1) {
        low += step;
        step *= 2;
    }
    first_between(low, (low + step - 1).min(end), is_below)
}

/// The same by bisection: the end, if all before it are below.
fn first_between(mut low: usize, mut high: usize, is_below: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if is_below(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Batches large enough for fences, merged again and again, each held against an ordered map.
    #[test]
    fn merging_and_seeking_agree_with_an_ordered_map() {
        let mut random = fastrand::Rng::with_seed(11);
        let (mut batch, mut known) = (Batch::new(2), BTreeMap::<[u64; 2], isize>::new());
        for size in [10_000, 1, 3_000, 20_000, 7] {
            let mut other = Batch::new(2);
            for _ in 0..size {
                let row = [random.u64(0..900), random.u64(0..9)];
                // Half of what is there goes.
                let count = if random.bool() { 1 } else { -known.get(&row).copied().unwrap_or(1) };
                other.push(&row, count);
                *known.entry(row).or_insert(0) += count;
            }
            other.consolidate();
            batch.merge(&other);
            batch.fence();
            known.retain(|_, count| *count != 0);
            let expected = known.iter().map(|(row, count)| (row.as_slice(), *count));
            assert!(batch.rows().eq(expected), "after {size} more");
            let rows: Vec<&[u64; 2]> = known.keys().collect();
            for _ in 0..1_000 {
                let key = &[random.u64(0..901), random.u64(0..10)][..random.usize(0..=2)];
                let from = random.usize(0..=rows.len());
                let first = rows.partition_point(|row| &row[..key.len()] < key);
                assert_eq!(batch.seek(from, key), first.max(from), "{key:?} from {from}");
            }
        }
        assert!(batch.len() >= FENCED_MIN, "there are fences");
    }
}
