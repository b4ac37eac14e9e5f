//! The facts of one relation, kept by its key.

use super::batch::Batch;
use super::census::Census;
use super::index::{Counts, Index};
use super::question::Question;
use super::words::Words;

/// At most one row for each key.
#[derive(Debug)]
pub struct Table {
    /// The columns as rows are kept: the key's, then all others.
    order: Vec<usize>,
    /// How many of them are the key.
    key: usize,
    index: Index,
    /// Rows that were inserted since the last look at the index, each with its place among them.
    inserted: Batch,
    /// What changed since the changes were taken out.
    changes: Batch,
}

impl Table {
    /// No rows of so many columns. Without a key, the whole row is one.
    pub fn new(width: usize, key: Option<&[usize]>) -> Table {
        let mut order: Vec<usize> = key.map_or_else(|| (0..width).collect(), <[usize]>::to_vec);
        let key = order.len();
        let rest: Vec<usize> = (0..width).filter(|column| !order.contains(column)).collect();
        order.extend(rest);
        let (index, inserted, changes) =
            (Index::new(width), Batch::new(width + 1), Batch::new(width));
        Table { order, key, index, inserted, changes }
    }

    /// Makes room for so many inserts.
    pub fn reserve(&mut self, rows: usize) {
        self.inserted.reserve(rows);
    }

    /// Inserts the row that has these words by column.
    pub fn insert(&mut self, word: impl Fn(usize) -> u64) {
        let place = self.inserted.len() as u64;
        self.inserted.extend_row(self.order.iter().map(|column| word(*column)).chain([place]), 1);
    }

    /// Deletes the rows that are asked for.
    pub fn delete(&mut self, question: &Question) {
        self.settle();
        let mut delta = Batch::new(self.order.len());
        let found = self.index.before(Counts::Bag).matching(&self.as_kept(question));
        found.iter().for_each(|row| delta.push(row.words(), -1));
        self.change(delta);
    }

    /// Makes the table have just these rows.
    pub fn replace(&mut self, rows: &[Words]) {
        self.delete(&Question::all());
        rows.iter().for_each(|row| self.insert(|column| row.words()[column]));
    }

    /// The net changes since they were taken out last, columns in their own order.
    pub fn take_changes(&mut self) -> Batch {
        self.settle();
        let width = self.order.len();
        let mut changes = std::mem::replace(&mut self.changes, Batch::new(width));
        changes.consolidate();
        if self.order.iter().copied().eq(0..width) {
            return changes;
        }
        let mut made = Batch::new(width);
        made.reserve(changes.len());
        changes.rows().for_each(|(row, count)| made.push(self.as_declared(row).words(), count));
        made
    }

    /// The rows that are asked for.
    pub fn rows(&self, question: &Question) -> Vec<Words> {
        let rows = self.index.before(Counts::Bag).matching(&self.as_kept(question));
        rows.iter().map(|row| self.as_declared(row.words())).collect()
    }

    /// How many rows are kept, also of those that came and went.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// All rows, each once.
    pub fn all(&self) -> Batch {
        let mut all = Batch::new(self.order.len());
        self.rows(&Question::all()).iter().for_each(|row| all.push(row.words(), 1));
        all
    }

    /// Counts the words of all rows.
    pub fn count(&self, census: &mut Census) {
        self.index.count(census);
    }

    /// Of the rows that were inserted with one key, the last one holds.
    fn settle(&mut self) {
        if self.inserted.is_empty() {
            return;
        }
        let (width, key) = (self.order.len(), self.key);
        let mut inserted = std::mem::replace(&mut self.inserted, Batch::new(width + 1));
        inserted.consolidate();
        let mut delta = Batch::new(width);
        delta.reserve(inserted.len());
        let mut before = self.index.before(Counts::Bag).cursor(key);
        let mut at = 0;
        while at < inserted.len() {
            let end = inserted.group_end(at, key);
            let last = (at..end).max_by_key(|place| inserted.row(*place)[width]);
            let row = &inserted.row(last.expect("a group has rows"))[..width];
            let known = before.group(&row[..key]).rows().next().map(|(known, _)| known);
            if known != Some(row) {
                known.iter().for_each(|known| delta.push(known, -1));
                delta.push(row, 1);
            }
            at = end;
        }
        drop((before, inserted));
        self.change(delta);
    }

    fn change(&mut self, mut delta: Batch) {
        delta.consolidate();
        self.changes.append(&delta);
        self.index.receive(delta);
        self.index.settle();
    }

    fn as_kept(&self, question: &Question) -> Question {
        let pattern = self.order.iter().map(|column| question.pattern.get(*column).copied());
        Question { pattern: pattern.map(Option::flatten).collect(), most: question.most }
    }

    fn as_declared(&self, row: &[u64]) -> Words {
        let mut declared = vec![0; row.len()];
        self.order.iter().zip(row).for_each(|(column, word)| declared[*column] = *word);
        Words::from_slice(&declared)
    }
}
