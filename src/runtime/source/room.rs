//! How many sources are read at the same time: what is waited for keeps no file from being read.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::model::{Relation, SourceKind};

/// Room for readings. A copy is the same room.
#[derive(Clone, Debug)]
pub(super) struct Room {
    disk: Arc<Semaphore>,
    others: Arc<Semaphore>,
}

impl Room {
    /// With nobody in it.
    pub fn new() -> Room {
        let room = || Arc::new(Semaphore::new(AT_A_TIME));
        Room { disk: room(), others: room() }
    }

    /// Waits until the source may be read; it takes up its place until this is dropped.
    pub async fn enter(&self, relation: &Relation) -> OwnedSemaphorePermit {
        let room = if is_waited_for(relation) { &self.others } else { &self.disk };
        room.clone().acquire_owned().await.expect("it is never closed")
    }
}

/// Whether a relation's source answers when somebody else is ready, and not as fast as a disk.
pub(super) fn is_waited_for(relation: &Relation) -> bool {
    match relation.source.as_ref().map(|source| &source.kind) {
        Some(SourceKind::Sql { .. } | SourceKind::Exec { .. }) => true,
        Some(
            SourceKind::Csv { .. }
            | SourceKind::Jsonl { .. }
            | SourceKind::Parquet { .. }
            | SourceKind::Files { .. },
        )
        | None => false,
    }
}

/// How many of what is on disk are read at the same time, and of all else.
const AT_A_TIME: usize = 8;
