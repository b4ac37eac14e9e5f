//! Rules that are read again while the old ones are in force.

use std::path::PathBuf;
use std::sync::Arc;

use super::handle::Handle;
use super::keeper::NewRules;
use super::prelude::with_prelude;
use super::process::Guard;
use super::source::{FirstReadings, Place, Stamps, read_first};
use super::world::LoadRules;
use crate::model::crash_point;
use crate::reconcile::Mode;
use crate::store::Adoption;

/// What became of rules that were read again.
pub(super) struct Reloaded {
    pub rules_stamps: Stamps,
    /// What became of facts that do not fit, and the sources as they were read.
    pub result: Result<(Vec<Adoption>, Place, FirstReadings), String>,
}

/// Reads the rules and their sources, and has the machine take them.
pub(super) async fn read_again(
    load: LoadRules,
    file: PathBuf,
    mode: Mode,
    (handle, guard): (Handle, Arc<Guard>),
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
    let place = Place::guarded(loaded.folder(), guard);
    let (sources, first) = read_first(loaded.program.sourced(), &place).await;
    let rules = NewRules { loaded, prelude, sources };
    crash_point("world.reload.compiled");
    let result = handle.reload(rules).await.map(|adoptions| (adoptions, place, first));
    Reloaded { rules_stamps, result }
}
