//! How workers hand rows to each other. They agree upon the operator that comes next, which is the
//! first that has something to do with any of them, and all run it: so what comes next from
//! another worker is what the operator at hand waits for.

use std::hash::{Hash, Hasher};
use std::sync::mpsc::{Receiver, Sender, channel};

use rustc_hash::FxHasher;

use super::batch::Batch;

/// One worker's ways to all others, and theirs to it.
pub struct Post {
    own: usize,
    /// By worker; none to itself.
    others: Vec<Option<(Sender<Batch>, Receiver<Batch>)>>,
}

impl Post {
    /// The posts of so many workers.
    pub fn between(workers: usize) -> Vec<Post> {
        let mut posts: Vec<Post> = (0..workers)
            .map(|own| Post { own, others: (0..workers).map(|_| None).collect() })
            .collect();
        for first in 0..workers {
            for second in first + 1..workers {
                let ((to_second, from_first), (to_first, from_second)) = (channel(), channel());
                posts[first].others[second] = Some((to_second, from_second));
                posts[second].others[first] = Some((to_first, from_first));
            }
        }
        posts
    }

    /// Which worker it is of, counted from 0.
    pub fn own(&self) -> usize {
        self.own
    }

    /// Whether there are no other workers.
    pub fn is_alone(&self) -> bool {
        self.others.len() == 1
    }

    /// Brings all rows that agree in their first words, so many, to one worker. All workers have
    /// to come here for the same rows.
    ///
    /// # Panics
    /// If another worker has panicked.
    pub fn exchange(&self, batch: Batch, key: usize) -> Batch {
        if self.is_alone() {
            return batch;
        }
        let mut parts: Vec<Batch> = self.others.iter().map(|_| Batch::new(batch.width())).collect();
        for (row, count) in batch.rows() {
            parts[self.worker_of(&row[..key])].push(row, count);
        }
        let mut own = std::mem::replace(&mut parts[self.own], Batch::new(batch.width()));
        for (part, other) in parts.into_iter().zip(&self.others) {
            if let Some((to, _)) = other {
                to.send(part).expect("workers run until they are dropped");
            }
        }
        for (_, from) in self.others.iter().flatten() {
            own.append(&from.recv().expect("workers run until they are dropped"));
        }
        own
    }

    /// The least of what all workers say, if any does. All have to come here.
    ///
    /// # Panics
    /// If another worker has panicked.
    pub fn least(&self, own: Option<u64>) -> Option<u64> {
        if self.is_alone() {
            return own;
        }
        let mut said = Batch::new(1);
        own.iter().for_each(|own| said.push(&[*own], 1));
        for (to, _) in self.others.iter().flatten() {
            to.send(said.clone()).expect("workers run until they are dropped");
        }
        for (_, from) in self.others.iter().flatten() {
            said.append(&from.recv().expect("workers run until they are dropped"));
        }
        said.rows().map(|(row, _)| row[0]).min()
    }

    fn worker_of(&self, key: &[u64]) -> usize {
        let mut hasher = FxHasher::default();
        key.iter().for_each(|word| word.hash(&mut hasher));
        // The high bits are the well mixed ones.
        let place = u128::from(hasher.finish()) * self.others.len() as u128;
        usize::try_from(place >> 64).expect("below the number of workers")
    }
}
