//! Sources, read one after the other: so an older reading never comes after a newer one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::handle::Handle;
use super::sources::read_source;
use crate::model::{Relation, RelationId, crash_point};

/// A task that reads what it is asked for; what waits already is not asked for twice.
#[derive(Debug)]
pub(super) struct SourceReader {
    queue: mpsc::UnboundedSender<Wanted>,
    waiting: Arc<Mutex<BTreeSet<(u64, RelationId)>>>,
}

#[derive(Debug)]
struct Wanted {
    relation: Relation,
    folder: PathBuf,
    generation: u64,
}

impl SourceReader {
    /// Starts the task, which tells a machine what it has read.
    pub fn start(handle: Handle) -> SourceReader {
        let (queue, mut wanted) = mpsc::unbounded_channel::<Wanted>();
        let waiting = Arc::new(Mutex::new(BTreeSet::new()));
        let begun = waiting.clone();
        tokio::spawn(async move {
            while let Some(Wanted { relation, folder, generation }) = wanted.recv().await {
                let id = relation.id;
                // A change from now on is for another reading.
                begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&(generation, id));
                let read = tokio::task::spawn_blocking(move || read_source(&relation, &folder));
                let rows = read.await.unwrap_or_else(|error| Err(error.to_string()));
                crash_point("world.source.read");
                handle.source_read(generation, id, rows).await;
            }
        });
        SourceReader { queue, waiting }
    }

    /// Asks for a relation of the rules of that generation.
    pub fn read(&self, relation: Relation, folder: PathBuf, generation: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.insert((generation, relation.id)) {
            // A reader that is gone goes with the server.
            let _ = self.queue.send(Wanted { relation, folder, generation });
        }
    }
}
