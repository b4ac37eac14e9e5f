//! Sources, read one after the other: so an older reading never comes after a newer one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::place::Place;
use super::read::read_source;
use crate::model::{Relation, RelationId, crash_point};
use crate::runtime::handle::Handle;

/// A task that reads what it is asked for; what waits already is not asked for twice.
#[derive(Debug)]
pub struct SourceReader {
    queue: mpsc::UnboundedSender<Wanted>,
    waiting: Arc<Mutex<BTreeSet<(u64, RelationId)>>>,
}

#[derive(Debug)]
struct Wanted {
    relation: Relation,
    place: Place,
    generation: u64,
}

impl SourceReader {
    /// Starts the task, which tells a machine what it has read.
    pub fn start(handle: Handle) -> SourceReader {
        let (queue, mut wanted) = mpsc::unbounded_channel::<Wanted>();
        let waiting = Arc::new(Mutex::new(BTreeSet::new()));
        let begun = waiting.clone();
        tokio::spawn(async move {
            while let Some(Wanted { relation, place, generation }) = wanted.recv().await {
                let id = relation.id;
                // A change from now on is for another reading.
                begun.lock().unwrap_or_else(PoisonError::into_inner).remove(&(generation, id));
                let read = read_source(&relation, &place).await;
                let rows = read.map(|read| read.rows).map_err(|error| error.to_string());
                crash_point("world.source.read");
                handle.source_read(generation, id, rows).await;
            }
        });
        SourceReader { queue, waiting }
    }

    /// Asks for a relation of the rules of that generation.
    pub fn read(&self, relation: Relation, place: Place, generation: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.insert((generation, relation.id)) {
            // A reader that is gone goes with the server.
            let _ = self.queue.send(Wanted { relation, place, generation });
        }
    }
}
