//! Rows that are kept between steps, sorted by their words: by a key, for it comes first. They lie
//! in layers, each at least twice as large as all newer ones together, so that a step adds what it
//! changes and now and then merges what has become alike in size. So at most three times as many
//! rows are kept as there are, whatever went.

use smallvec::SmallVec;

use super::batch::Batch;
use super::census::Census;
use super::question::Question;
use super::words::Words;

/// The rows of one width that are kept, and what the step under way changes of them.
#[derive(Debug)]
pub struct Index {
    /// The oldest and largest first; each consolidated.
    layers: Vec<Batch>,
    delta: Batch,
}

impl Index {
    /// No rows of that width.
    pub fn new(width: usize) -> Index {
        Index { layers: Vec::new(), delta: Batch::new(width) }
    }

    /// Takes in what the step changes; consolidated.
    pub fn receive(&mut self, delta: Batch) {
        assert!(self.delta.is_empty(), "an index is told once a step");
        self.delta = delta;
    }

    /// What the step under way changes.
    pub fn delta(&self) -> &Batch {
        &self.delta
    }

    /// The rows before the step under way.
    pub fn before(&self, counts: Counts) -> View<'_> {
        View { layers: self.layers.iter().collect(), counts }
    }

    /// The rows after the step under way.
    pub fn after(&self, counts: Counts) -> View<'_> {
        let delta = Some(&self.delta).filter(|delta| !delta.is_empty());
        View { layers: self.layers.iter().chain(delta).collect(), counts }
    }

    /// Ends the step.
    pub fn settle(&mut self) {
        if self.delta.is_empty() {
            return;
        }
        let empty = Batch::new(self.delta.width());
        let mut newest = std::mem::replace(&mut self.delta, empty);
        let (mut newer, mut merged_from) = (newest.len(), self.layers.len());
        for (at, layer) in self.layers.iter().enumerate().rev() {
            if layer.len() < 2 * newer {
                merged_from = at;
            }
            newer += layer.len();
        }
        while self.layers.len() > merged_from
            && let Some(mut other) = self.layers.pop()
        {
            if other.len() > newest.len() {
                std::mem::swap(&mut other, &mut newest);
            }
            newest.merge(&other);
        }
        if !newest.is_empty() {
            newest.fit();
            newest.fence();
            self.layers.push(newest);
        }
    }

    /// How many rows are kept, also of those that came and went.
    pub fn len(&self) -> usize {
        self.layers.iter().map(Batch::len).sum()
    }

    /// Counts the words of all rows.
    pub fn count(&self, census: &mut Census) {
        self.layers.iter().flat_map(Batch::rows).for_each(|(row, _)| census.see(row));
    }
}

/// What the counts of an index mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// A row comes as often as is counted.
    Bag,
    /// A row that is counted at all comes once.
    Set,
}

/// Rows as they are at one moment.
pub struct View<'a> {
    layers: SmallVec<[&'a Batch; 12]>,
    counts: Counts,
}

impl<'a> View<'a> {
    /// Looks for rows by their first words, so many.
    pub fn cursor(self, key: usize) -> Cursor<'a> {
        let width = self.layers.first().map_or(0, |layer| layer.width());
        let layers = self.layers.into_iter().map(|layer| (layer, 0)).collect();
        Cursor { layers, counts: self.counts, key, found: Batch::new(width) }
    }

    /// The rows that are asked for, in order.
    pub fn matching(self, question: &Question) -> Vec<Words> {
        let prefix = question.prefix();
        let prefix = prefix.words();
        let width = self.layers.first().map_or(0, |layer| layer.width());
        let mut cursor = self.cursor(width);
        cursor.layers.iter_mut().for_each(|(layer, at)| *at = layer.seek(0, prefix));
        let mut rows = Vec::new();
        while rows.len() < question.most
            && let Some(next) = cursor.next_key()
            && next.starts_with(prefix)
        {
            let row = Words::from_slice(next);
            let next = row.words();
            if cursor.count(next) > 0 && question.fits(&row) {
                rows.push(row);
            }
        }
        rows
    }
}

/// Finds rows by keys that are asked for in ascending order.
pub struct Cursor<'a> {
    /// Each with the first row that is not passed yet.
    layers: SmallVec<[(&'a Batch, usize); 12]>,
    counts: Counts,
    key: usize,
    /// Rows of one key out of several layers.
    found: Batch,
}

impl Cursor<'_> {
    /// The net rows of a key.
    pub fn group(&mut self, key: &[u64]) -> Group<'_> {
        debug_assert_eq!(key.len(), self.key, "keys of one index are of one width");
        let mut spans: SmallVec<[(&Batch, usize, usize); 12]> = SmallVec::new();
        for (layer, at) in &mut self.layers {
            *at = layer.seek(*at, key);
            if *at < layer.len() && layer.row(*at)[..key.len()] == *key {
                let end = layer.group_end(*at, key.len());
                spans.push((layer, *at, end));
                *at = end;
            }
        }
        if let ([(batch, from, to)], Counts::Bag) = (spans.as_slice(), self.counts) {
            return Group { batch, from: *from, to: *to };
        }
        self.found.clear();
        for (layer, from, to) in &spans {
            layer.rows_in(*from, *to).for_each(|(row, count)| self.found.push(row, count));
        }
        if spans.len() > 1 {
            self.found.consolidate();
        }
        if self.counts == Counts::Set {
            self.found.count_once();
        }
        Group { batch: &self.found, from: 0, to: self.found.len() }
    }

    /// How often there are rows of a key.
    pub fn count(&mut self, key: &[u64]) -> isize {
        self.group(key).rows().map(|(_, count)| count).sum()
    }

    /// The least key that is not passed yet.
    pub fn next_key(&self) -> Option<&[u64]> {
        let next = self.layers.iter().filter(|(layer, at)| *at < layer.len());
        next.map(|(layer, at)| &layer.row(*at)[..self.key]).min()
    }
}

/// The rows of one key.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    batch: &'a Batch,
    from: usize,
    to: usize,
}

impl<'a> Group<'a> {
    pub fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Every row with its count.
    pub fn rows(&self) -> impl Iterator<Item = (&'a [u64], isize)> {
        self.batch.rows_in(self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Many steps of all sizes, each held against an ordered map, with all that can be asked.
    #[test]
    fn agrees_with_an_ordered_map() {
        let mut random = fastrand::Rng::with_seed(7);
        let (mut index, mut known) = (Index::new(2), BTreeMap::<[u64; 2], isize>::new());
        for _ in 0..400 {
            let mut delta = Batch::new(2);
            let most = 1 << random.u32(0..9);
            for _ in 0..random.u32(1..=most) {
                let row = [random.u64(0..20), random.u64(0..20)];
                // What is there goes as often as something comes.
                let count = if known.contains_key(&row) { -known[&row] } else { 1 };
                delta.push(&row, count);
                *known.entry(row).or_insert(0) += count;
                known.retain(|_, count| *count != 0);
            }
            delta.consolidate();
            let before: Vec<Words> = rows(index.before(Counts::Bag));
            index.receive(delta);
            assert_eq!(
                rows(index.before(Counts::Bag)),
                before,
                "a step is not over before its end"
            );
            let expected: Vec<Words> = known.keys().map(|row| Words::from_slice(row)).collect();
            assert_eq!(rows(index.after(Counts::Bag)), expected);
            index.settle();
            assert_eq!(rows(index.before(Counts::Set)), expected);
            let mut cursor = index.before(Counts::Bag).cursor(1);
            for key in 0..20 {
                let found = cursor.group(&[key]).rows().map(|(row, _)| row[1]).collect::<Vec<_>>();
                let expected = known.keys().filter(|row| row[0] == key).map(|row| row[1]);
                assert_eq!(found, expected.collect::<Vec<_>>());
            }
            let kept: usize = index.layers.iter().map(Batch::len).sum();
            assert!(kept <= 3 * known.len() + 3, "{kept} rows are kept for {}", known.len());
        }
    }

    fn rows(view: View<'_>) -> Vec<Words> {
        view.matching(&Question::all())
    }
}
