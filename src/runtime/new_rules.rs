//! Rules that are read again while the old ones are in force.

use std::path::PathBuf;

use tracing::warn;

use super::handle::Handle;
use super::keeper::NewRules;
use super::machine::SourceRows;
use super::prelude::with_prelude;
use super::source::{Place, ReadSource, Stamps, read_all};
use super::world::LoadRules;
use crate::compile::Loaded;
use crate::model::{Relation, crash_point};
use crate::reconcile::Mode;
use crate::store::Adoption;

/// What became of rules that were read again.
pub(super) struct Reloaded {
    pub rules_stamps: Stamps,
    /// What became of facts that do not fit, and the sources as they were read.
    pub result: Result<(Vec<Adoption>, Stamps), String>,
}

/// Reads the rules and their sources, and has the machine take them.
pub(super) async fn read_again(
    load: LoadRules,
    file: PathBuf,
    mode: Mode,
    handle: Handle,
    before: Stamps,
) -> Reloaded {
    let known = before.clone();
    let work = move || match load(&file) {
        Ok(loaded) => {
            let rules_stamps = Stamps::since(&known, loaded.files());
            (rules_stamps, Some(with_prelude(loaded, mode)))
        }
        Err(files) => (Stamps::since(&known, files), None),
    };
    let (rules_stamps, read) = tokio::task::spawn_blocking(work).await.unwrap_or((before, None));
    let Some((loaded, prelude)) = read else {
        let result = Err("the new rules have errors".to_string());
        return Reloaded { rules_stamps, result };
    };
    let mut stamps = Stamps::default();
    let sources = read_first(&loaded, &mut stamps).await;
    let rules = NewRules { loaded, prelude, sources };
    crash_point("world.reload.compiled");
    let result = handle.reload(rules).await.map(|adoptions| (adoptions, stamps));
    Reloaded { rules_stamps, result }
}

/// Reads every source of a program; what cannot be read is told.
pub(super) async fn read_first(loaded: &Loaded, stamps: &mut Stamps) -> Vec<SourceRows> {
    let place = Place::new(loaded.folder());
    let relations = loaded.program.schema.relations().iter();
    let sourced: Vec<Relation> =
        relations.filter(|relation| relation.source.is_some()).cloned().collect();
    sourced.iter().for_each(|relation| stamps.note(relation, place.folder()));
    let read = read_all(sourced, &place, |_| ()).await;
    let rows = |(relation, read): ReadSource| {
        let rows = read.map(|read| read.rows).map_err(|why| why.to_string());
        if let Err(why) = &rows {
            warn!("{why}; its rows stay as they were");
        }
        (relation, rows)
    };
    read.into_iter().map(rows).collect()
}
