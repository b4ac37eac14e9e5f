//! A source of many files: one walk finds them, and events tell of those that come and go. Where
//! a file system gives no events they are walked through again and again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustc_hash::FxHashSet;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

use super::bell::Calls;
use super::error::SourceError;
use super::files::Files;
use super::read::Reading;
use super::task::Keeper;
use super::wakes::{FolderWatch, gives_events};
use crate::model::Row;
use crate::runtime::news::{Extent, Heard};
use crate::runtime::tables::last_of_each_key;

/// Keeps watch over the files of a pattern.
pub(super) async fn watch(mut keeper: Keeper, written: &str) {
    let mut watched = loop {
        match Files::of(written, &keeper.relation, &keeper.place) {
            Ok(files) => break Watched::new(files),
            Err(error) => {
                let pause = keeper.pause_after(false);
                let began = keeper.moment();
                keeper.tell(Err(error.of(&keeper.relation)), began, Some(pause)).await;
                sleep(pause).await;
            }
        }
    };
    loop {
        let began = keeper.moment();
        let calls = keeper.bell.take();
        let news = watched.hear(&keeper, calls).await;
        match news {
            Ok(None) => {}
            Ok(Some((news, is_walk))) => {
                let extent = if is_walk { Extent::AllSince(began) } else { Extent::Part };
                keeper.tell_news(news, extent, None).await;
            }
            Err(error) => {
                let pause = keeper.pause_after(false);
                watched.next_walk = Instant::now() + pause;
                keeper.tell(Err(error.of(&keeper.relation)), began, Some(pause)).await;
            }
        }
        tokio::select! {
            // Changes come in swarms.
            () = keeper.bell.heard() => sleep(watched.gather).await,
            () = sleep_until(watched.next_walk) => {}
        }
    }
}

struct Watched {
    files: Option<Files>,
    root: PathBuf,
    is_deep: bool,
    events: Option<FolderWatch>,
    /// What was told, where only changes are told.
    told: Option<FxHashSet<Row>>,
    next_walk: Instant,
    /// How long events are gathered.
    gather: Duration,
    is_told_of_polling: bool,
}

impl Watched {
    fn new(files: Files) -> Watched {
        Watched {
            root: files.root().to_path_buf(),
            is_deep: files.is_deep(),
            files: Some(files),
            events: None,
            told: None,
            next_walk: Instant::now(),
            gather: GATHER,
            is_told_of_polling: false,
        }
    }

    /// What is to be told after these calls, and whether it comes of a whole walk.
    async fn hear(
        &mut self,
        keeper: &Keeper,
        calls: Calls,
    ) -> Result<Option<((Heard, Vec<String>), bool)>, SourceError> {
        // What could not be read as a whole is not put right piece by piece.
        let is_time = self.next_walk <= Instant::now() || !keeper.is_well();
        let paths: Vec<PathBuf> = calls.paths.iter().filter_map(|path| self.below(path)).collect();
        let files = self.files.as_ref().expect("they are away only while they are looked at");
        let walks = is_time
            || calls.is_asked
            || calls.is_stirred
            || paths.iter().any(|one| files.is_folder(one));
        if !walks && paths.is_empty() {
            return Ok(None);
        }
        if walks {
            self.listen(keeper);
        }
        let began = Instant::now();
        let mut files = self.files.take().expect("as above");
        let work = tokio::task::spawn_blocking(move || {
            let done = match walks {
                true => files.walk().map(|()| true),
                false => paths
                    .iter()
                    .try_fold(false, |changed, path| files.look_at(path).map(|one| changed || one)),
            };
            let reading = matches!(done, Ok(true)).then(|| files.reading());
            (files, done.map(|_| reading))
        });
        let (files, done) = work.await.map_err(|error| SourceError::new(error.to_string()))?;
        self.files = Some(files);
        let Some(reading) = done? else { return Ok(None) };
        if walks {
            let pause = match (calls.is_stirred, &self.events) {
                // What was made in a new folder before anybody listened to it is not told of.
                (true, _) => ECHO,
                (false, Some(_)) => WALK.max(began.elapsed() * 20),
                (false, None) => POLL.max(began.elapsed() * 5),
            };
            self.next_walk = Instant::now() + pause;
        }
        let news = self.news(keeper, reading, walks);
        self.gather = GATHER.max(began.elapsed() * 4);
        Ok(news.map(|news| (news, walks)))
    }

    /// A path below the root, relative to it.
    fn below(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_path_buf)
    }

    /// Sees to it that events come, if they can.
    fn listen(&mut self, keeper: &Keeper) {
        if self.events.as_ref().is_some_and(FolderWatch::is_in_place) {
            return;
        }
        self.events = None;
        let why = match gives_events(&self.root) {
            true => match FolderWatch::start(&self.root, self.is_deep, keeper.bell.clone()) {
                Ok(events) => {
                    self.events = Some(events);
                    return;
                }
                Err(why) => why,
            },
            false => "its file system does not tell of all changes".to_string(),
        };
        if self.root.is_dir() && !std::mem::replace(&mut self.is_told_of_polling, true) {
            let name = &keeper.relation.name;
            warn!("the files of {name} are walked through again and again: {why}");
        }
    }

    fn news(
        &mut self,
        keeper: &Keeper,
        reading: Reading,
        is_whole: bool,
    ) -> Option<(Heard, Vec<String>)> {
        let Reading { rows, skipped } = reading;
        let rows = last_of_each_key(&keeper.relation, rows);
        let source = keeper.relation.source.as_ref();
        if source.is_some_and(|source| source.shrink_percent.is_some()) {
            // The machine may not take them.
            return Some((Heard::Rows(rows), skipped));
        }
        let count = rows.len();
        let now: FxHashSet<Row> = rows.into_iter().collect();
        let Some(told) = self.told.replace(now) else {
            let now = self.told.iter().flatten();
            return Some((Heard::Rows(now.cloned().collect()), skipped));
        };
        let now = self.told.as_ref().expect("it is set above");
        let gone: Vec<Row> = told.difference(now).cloned().collect();
        let come: Vec<Row> = now.difference(&told).cloned().collect();
        let is_same = gone.is_empty() && come.is_empty() && skipped == keeper.skipped();
        match (is_same, is_whole) {
            (true, false) => None,
            (true, true) => Some((Heard::Same, skipped)),
            (false, _) => Some((Heard::Changed { gone, come, rows: count }, skipped)),
        }
    }
}

/// How long events are gathered, or longer if it takes long to make something of them.
const GATHER: Duration = Duration::from_millis(100);
/// How soon a walk is repeated that new folders had begun.
const ECHO: Duration = Duration::from_secs(1);
/// How often there is a walk where events tell of changes, or less often if it takes long.
const WALK: Duration = Duration::from_secs(60);
/// And where they do not.
const POLL: Duration = Duration::from_secs(2);
