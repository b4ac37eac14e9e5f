//! All sources of a program, read at the same time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::error::SourceError;
use super::place::Place;
use super::read::{Reading, read_source};
use crate::model::{Relation, RelationId};

/// A relation with what its source gave.
pub type ReadSource = (RelationId, Result<Reading, SourceError>);

/// Reads the sources of these relations, some at a time; they come back in the order of their
/// relations. What takes longer than `patience` counts as not read. `told` hears of each that has
/// ended. Call it in a tokio runtime.
pub async fn read_all(
    relations: impl IntoIterator<Item = Relation>,
    place: &Place,
    patience: Option<Duration>,
    mut told: impl FnMut(RelationId),
) -> Vec<ReadSource> {
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut readings = JoinSet::new();
    for relation in relations {
        let (place, room) = (place.clone(), room.clone());
        readings.spawn(async move {
            let _permit = room.acquire_owned().await;
            (relation.id, read_within(&relation, &place, patience).await)
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

async fn read_within(
    relation: &Relation,
    place: &Place,
    patience: Option<Duration>,
) -> Result<Reading, SourceError> {
    let Some(patience) = patience else { return read_source(relation, place).await };
    let read = tokio::time::timeout(patience, read_source(relation, place)).await;
    read.unwrap_or_else(|_| {
        let why = format!("it is not read within {}s, and is read on", patience.as_secs());
        Err(SourceError::new(why).of(relation))
    })
}

/// How many are read at the same time.
const AT_A_TIME: usize = 8;
