//! All sources of a program, read at the same time.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::error::SourceError;
use super::place::Place;
use super::read::{Reading, read_source};
use crate::model::{Relation, RelationId};

/// A relation with what its source gave.
pub type ReadSource = (RelationId, Result<Reading, SourceError>);

/// Reads the sources of these relations, some at a time; they come back in the order of their
/// relations. `told` hears of each that has ended. Call it in a tokio runtime.
pub async fn read_all(
    relations: impl IntoIterator<Item = Relation>,
    place: &Place,
    mut told: impl FnMut(RelationId),
) -> Vec<ReadSource> {
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut readings = JoinSet::new();
    for relation in relations {
        let (place, room) = (place.clone(), room.clone());
        readings.spawn(async move {
            let _permit = room.acquire_owned().await;
            let read = read_source(&relation, &place).await;
            (relation.id, read)
        });
    }
    let mut all = Vec::new();
    while let Some(read) = readings.join_next().await {
        let read = read.expect("a reading that fails says so");
        told(read.0);
        all.push(read);
    }
    all.sort_by_key(|(relation, _)| *relation);
    all
}

/// How many are read at the same time.
const AT_A_TIME: usize = 8;
