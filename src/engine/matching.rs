//! What changes in the matches of two indexes, and in the rows that have none.

use super::batch::Batch;
use super::count::times;
use super::index::{Counts, Index, View};

/// One of the indexes that are matched, in the step under way.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    pub index: &'a Index,
    /// What the step changes in its rows.
    pub delta: &'a Batch,
    pub counts: Counts,
    /// Whether that was met in an earlier round of the step.
    pub is_met: bool,
}

impl<'a> Side<'a> {
    fn before(self) -> View<'a> {
        if self.is_met { self.after() } else { self.index.before(self.counts) }
    }

    fn after(self) -> View<'a> {
        self.index.after(self.counts)
    }
}

/// What changes in the pairs of rows that agree in their first words: gives the left row, the
/// right one and the count.
pub fn join(
    left: Side<'_>,
    right: Side<'_>,
    key: usize,
    mut give: impl FnMut(&[u64], &[u64], isize),
) {
    pairs(left.delta, right.after(), key, |left, right, count| {
        give(left, right, count);
    });
    pairs(right.delta, left.before(), key, |right, left, count| {
        give(left, right, count);
    });
}

/// What changes in the left rows whose first words are no row on the right, which is a set.
pub fn antijoin(left: Side<'_>, right: Side<'_>, key: usize, mut give: impl FnMut(&[u64], isize)) {
    let mut excluded = right.after().cursor(key);
    let mut at = 0;
    while at < left.delta.len() {
        let end = left.delta.group_end(at, key);
        if excluded.group(&left.delta.row(at)[..key]).is_empty() {
            left.delta.rows_in(at, end).for_each(|(row, count)| give(row, count));
        }
        at = end;
    }
    pairs(right.delta, left.before(), key, |_, left, count| give(left, -count));
}

/// Each row of a batch with each row of a view that begins with the same words.
fn pairs(batch: &Batch, view: View<'_>, key: usize, mut give: impl FnMut(&[u64], &[u64], isize)) {
    if batch.is_empty() {
        return;
    }
    let mut cursor = view.cursor(key);
    let mut at = 0;
    while at < batch.len() {
        let end = batch.group_end(at, key);
        let group = cursor.group(&batch.row(at)[..key]);
        if !group.is_empty() {
            for (row, count) in batch.rows_in(at, end) {
                group.rows().for_each(|(other, n)| give(row, other, times(count, n)));
            }
            at = end;
            continue;
        }
        // Whichever side is behind leaps to where the other one is.
        match cursor.next_key() {
            Some(next) => at = batch.seek(end, next),
            None => return,
        }
    }
}
