//! What wakes whoever keeps a source, and what it is woken for.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// A bell of one source. It is never lost: who comes late finds what it was rung for.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    calls: Arc<Mutex<Calls>>,
    rung: Arc<Notify>,
}

/// What a source was woken for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Somebody wants it to be read, whether it has changed or not.
    pub is_asked: bool,
    /// It may have changed, nobody knows where.
    pub is_stirred: bool,
    /// Paths at which something has changed.
    pub paths: BTreeSet<PathBuf>,
}

impl Bell {
    /// Somebody wants it to be read: a reading that has begun is not what he wants.
    pub fn ask(&self) {
        self.ring(|calls| calls.is_asked = true);
    }

    /// Something may have changed.
    pub fn stir(&self) {
        self.ring(|calls| calls.is_stirred = true);
    }

    /// Something has changed at a path.
    pub fn stir_at(&self, path: PathBuf) {
        self.ring(|calls| match calls.paths.len() < PATHS_MAX {
            true => drop(calls.paths.insert(path)),
            false => calls.is_stirred = true,
        });
    }

    /// Waits until it is rung; what for is left for `take`.
    pub async fn heard(&self) {
        self.rung.notified().await;
    }

    /// What it was rung for since this was last asked.
    pub fn take(&self) -> Calls {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ring(&self, note: impl FnOnce(&mut Calls)) {
        note(&mut self.calls.lock().unwrap_or_else(PoisonError::into_inner));
        self.rung.notify_one();
    }
}

/// Of more paths than these one is not told from the others.
const PATHS_MAX: usize = 2_000;
