//! All sources before anybody watches them: as a server starts, or takes new rules.

use std::time::Duration;

use tracing::warn;

use super::all::{ReadSource, read_all};
use super::file::source_path;
use super::place::Place;
use super::print::Print;
use super::stamps::Stamps;
use crate::model::{Relation, RelationId};
use crate::runtime::machine::SourceNews;
use crate::runtime::news::{Heard, News};

/// What is known of sources that were read before anybody watched them.
#[derive(Clone, Debug, Default)]
pub struct FirstReadings {
    /// Their relations.
    pub relations: Vec<Relation>,
    /// Files as they were before they were read.
    pub stamps: Stamps,
    /// Of what was read well.
    pub prints: Vec<(RelationId, Print)>,
}

impl FirstReadings {
    /// Of what was told of a source, if it was read.
    pub fn print(&self, relation: RelationId) -> Option<Print> {
        self.prints.iter().find(|(other, _)| *other == relation).map(|(_, print)| *print)
    }
}

/// Reads the sources of these relations; what cannot be read, or takes long, is told.
pub async fn read_first(
    relations: Vec<Relation>,
    place: &Place,
) -> (Vec<SourceNews>, FirstReadings) {
    let paths = relations.iter().filter_map(|relation| source_path(relation, place.folder()));
    let stamps = Stamps::of(paths);
    let read = read_all(relations.clone(), place, Some(PATIENCE), |_| ()).await;
    let mut prints = Vec::new();
    let mut news = |(relation, read): ReadSource| match read {
        Ok(read) => {
            prints.push((relation, Print::of(&read.rows)));
            (relation, News { skipped: read.skipped, ..News::of(Heard::Rows(read.rows)) })
        }
        Err(why) => {
            warn!("{why}; its rows stay as they were");
            (relation, News::of(Heard::Failed(why.reason().to_string())))
        }
    };
    let all = read.into_iter().map(&mut news).collect();
    (all, FirstReadings { relations, stamps, prints })
}

/// Longer than this no source keeps a server from starting: it is read later.
const PATIENCE: Duration = Duration::from_secs(5);
