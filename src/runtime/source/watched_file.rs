//! A source that is one file: it is looked at every second, and at once where the file system
//! tells of changes; it is read when it has come to rest.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::file::source_path;
use super::stamps::Stamp;
use super::task::Keeper;
use crate::runtime::news::{Extent, Heard};

/// Keeps watch over a file; the stamp says how it was when it was read last.
pub(super) async fn watch(mut keeper: Keeper, mut known: Option<Stamp>) {
    let path = source_path(&keeper.relation, keeper.place.folder());
    if let Some((path, folder)) = path.as_ref().and_then(|path| Some((path, path.parent()?))) {
        keeper.wakes.listen_to_file(folder, path, keeper.bell.clone());
    }
    let stamp = || path.as_deref().and_then(Stamp::of);
    let mut retry = Instant::now() + keeper.pause_after(false);
    let mut is_well = keeper.is_well();
    let mut confirm = Instant::now() + CONFIRM;
    loop {
        tokio::select! {
            () = keeper.bell.heard() => {}
            () = sleep(LOOK) => {}
        }
        let calls = keeper.bell.take();
        let has_changed = stamp() != known;
        let is_retried = !is_well && retry <= Instant::now();
        if !calls.is_asked && !has_changed && !is_retried {
            if is_well && confirm <= Instant::now() {
                confirm = Instant::now() + CONFIRM;
                keeper.tell_same().await;
            }
            continue;
        }
        if has_changed && !calls.is_asked {
            rest(path.as_deref(), known.as_ref()).await;
        }
        let mut tries = 0;
        let (read, began) = loop {
            known = stamp();
            let began = keeper.moment();
            let read = keeper.read().await;
            tries += 1;
            // What was written to while it was read may be anything.
            if stamp() == known || tries == TRIES_MAX {
                break (read, began);
            }
            rest(path.as_deref(), known.as_ref()).await;
        };
        is_well = read.is_ok();
        let pause = (!is_well).then(|| keeper.pause_after(false));
        retry = Instant::now() + pause.unwrap_or_default();
        confirm = Instant::now() + CONFIRM;
        keeper.tell(read, began, pause).await;
    }
}

/// Waits until nobody writes to it any more. One that never rests is read all the same, once it
/// has grown beyond what was read last.
async fn rest(path: Option<&Path>, last: Option<&Stamp>) {
    let Some(path) = path else { return };
    let began = Instant::now();
    let mut stamp = Stamp::of(path);
    if stamp.as_ref().is_some_and(Stamp::is_old) {
        return;
    }
    loop {
        sleep(REST).await;
        let next = Stamp::of(path);
        let is_longer = next.as_ref().map(Stamp::bytes) >= last.map(Stamp::bytes);
        if next == stamp || (is_longer && began.elapsed() > REST_MAX) {
            return;
        }
        stamp = next;
    }
}

impl Keeper {
    async fn tell_same(&mut self) {
        let skipped = self.skipped().to_vec();
        // It is as it was last read, and is looked at in passing.
        self.tell_news((Heard::Same, skipped), Extent::Part, None).await;
    }
}

/// How often a file is looked at that nobody has told of.
const LOOK: Duration = Duration::from_secs(1);
/// For how long nothing is written to a file that is at rest.
const REST: Duration = Duration::from_millis(200);
/// How long a file is waited for that only grows.
const REST_MAX: Duration = Duration::from_secs(10);
/// How often a file is read in vain that is written to meanwhile.
const TRIES_MAX: u32 = 10;
/// How often it is told that a file is as it was.
const CONFIRM: Duration = Duration::from_secs(60);
