//! All sources of a program, read at the same time.

use std::time::Duration;

use tokio::task::JoinSet;

use super::error::SourceError;
use super::place::Place;
use super::read::{Reading, read_source};
use super::room::{Room, is_waited_for};
use crate::model::{Relation, RelationId};

/// A relation with what its source gave.
pub type ReadSource = (RelationId, Result<Reading, SourceError>);

/// Reads the sources of these relations, some at a time; they come back in the order of their
/// relations. What is not on disk counts as not read if it takes longer than `patience`.
/// `told` hears of each that has ended. Call it in a tokio runtime.
pub async fn read_all(
    relations: impl IntoIterator<Item = Relation>,
    place: &Place,
    patience: Option<Duration>,
    mut told: impl FnMut(RelationId),
) -> Vec<ReadSource> {
    let room = Room::new();
    let mut readings = JoinSet::new();
    for relation in relations {
        let (place, room) = (place.clone(), room.clone());
        readings.spawn(async move {
            (relation.id, read_within(&relation, &place, &room, patience).await)
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
    room: &Room,
    patience: Option<Duration>,
) -> Result<Reading, SourceError> {
    let read = async {
        let _place = room.enter(relation).await;
        read_source(relation, place).await
    };
    let Some(patience) = patience.filter(|_| is_waited_for(relation)) else { return read.await };
    tokio::time::timeout(patience, read).await.unwrap_or_else(|_| {
        let why = format!("it is not read within {}s, and is read on", patience.as_secs());
        Err(SourceError::new(why).of(relation))
    })
}
