//! A source under watch: a task for each, which waits for what may have changed or for its time,
//! reads, and tells the machine. So an older reading never comes after a newer one.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::{info, warn};

use super::bell::Bell;
use super::error::SourceError;
use super::file::source_path;
use super::first::FirstReadings;
use super::listen::stir_when_told;
use super::place::Place;
use super::print::Print;
use super::read::{Reading, read_source};
use super::room::Room;
use super::wakes::Wakes;
use super::{watched_file, watched_files};
use crate::model::{self, Relation, RelationId, SourceKind, Timestamp, crash_point};
use crate::runtime::clock::system_now;
use crate::runtime::handle::Handle;
use crate::runtime::news::{Extent, Heard, News};

/// The tasks of all sources of the rules in force. Dropped, they end, and leave no process behind.
#[derive(Debug)]
pub struct SourceTasks {
    place: Place,
    generation: u64,
    tasks: JoinSet<()>,
}

impl SourceTasks {
    /// Keeps watch for the rules of that generation. Call it in a runtime.
    pub fn start(
        first: FirstReadings,
        place: Place,
        handle: &Handle,
        generation: u64,
    ) -> SourceTasks {
        let (room, wakes) = (Room::new(), Arc::new(Wakes::start()));
        let mut tasks = JoinSet::new();
        for relation in &first.relations {
            let id = relation.id;
            let print = first.print(id);
            let keeper = Keeper {
                bell: place.bell(id),
                place: place.clone(),
                handle: handle.clone(),
                generation,
                room: room.clone(),
                wakes: wakes.clone(),
                print,
                failures: u32::from(print.is_none()),
                skipped: Vec::new(),
                relation: relation.clone(),
            };
            let stamp = source_path(relation, place.folder())
                .and_then(|path| first.stamps.get(&path))
                .flatten();
            tasks.spawn(async move {
                match keeper.kind().clone() {
                    SourceKind::Csv { .. }
                    | SourceKind::Jsonl { .. }
                    | SourceKind::Parquet { .. } => watched_file::watch(keeper, stamp).await,
                    kind @ SourceKind::Files { .. } if kind.is_remote() => {
                        keeper.read_by_the_clock().await;
                    }
                    SourceKind::Files { pattern } => watched_files::watch(keeper, &pattern).await,
                    SourceKind::Sql { url, .. } => {
                        let (relation, place) = (keeper.relation.clone(), keeper.place.clone());
                        let told = stir_when_told(&relation, &url, &place, keeper.bell.clone());
                        tokio::join!(told, keeper.read_by_the_clock());
                    }
                    SourceKind::Exec { .. } => keeper.read_by_the_clock().await,
                }
            });
        }
        SourceTasks { place, generation, tasks }
    }

    /// That of their rules.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Has a source read, for whoever does not trust what was read before.
    pub fn ask(&self, relation: RelationId) {
        self.place.bell(relation).ask();
    }

    /// Ends all of them.
    pub fn stop(&mut self) {
        self.tasks.abort_all();
    }
}

/// One source, and what was told of it.
pub(super) struct Keeper {
    pub relation: Relation,
    pub place: Place,
    pub bell: Bell,
    pub wakes: Arc<Wakes>,
    handle: Handle,
    generation: u64,
    room: Room,
    /// Of what was told last, if that was rows.
    print: Option<Print>,
    failures: u32,
    skipped: Vec<String>,
}

impl Keeper {
    /// Reads when it is time, or when somebody rings.
    async fn read_by_the_clock(mut self) {
        let mut due = match self.failures {
            0 => Instant::now() + self.pause(),
            _ => Instant::now(),
        };
        loop {
            tokio::select! {
                () = self.bell.heard() => {}
                () = tokio::time::sleep_until(due) => {}
            }
            let began = self.moment();
            self.bell.take();
            let read = self.read().await;
            let pause = self.pause_after(read.is_ok());
            due = Instant::now() + pause;
            self.tell(read, began, Some(pause)).await;
        }
    }

    fn kind(&self) -> &SourceKind {
        &self.relation.source.as_ref().expect("only sources are watched").kind
    }

    /// Now, by the clock that ends of actions have their moments from.
    pub fn moment(&self) -> Timestamp {
        self.handle.moment()
    }

    /// Whether it was read well the last time.
    pub fn is_well(&self) -> bool {
        self.failures == 0
    }

    /// What was passed over the last time.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Reads once, when there is room.
    pub async fn read(&self) -> Result<Reading, SourceError> {
        let _place = self.room.enter(&self.relation).await;
        read_source(&self.relation, &self.place).await
    }

    /// Tells what a reading gave that began then; rows only if they are not those that were told
    /// last.
    pub async fn tell(
        &mut self,
        read: Result<Reading, SourceError>,
        began: Timestamp,
        pause: Option<Duration>,
    ) {
        let news = match read {
            Ok(Reading { rows, skipped }) => {
                let print = Print::of(&rows);
                let heard = match self.print.replace(print) == Some(print) {
                    true => Heard::Same,
                    false => Heard::Rows(rows),
                };
                (heard, skipped)
            }
            Err(error) => {
                self.print = None;
                (Heard::Failed(error.reason().to_string()), Vec::new())
            }
        };
        self.tell_news(news, Extent::AllSince(began), pause).await;
    }

    /// Tells what was heard, and what was passed over.
    pub async fn tell_news(
        &mut self,
        (heard, skipped): (Heard, Vec<String>),
        extent: Extent,
        pause: Option<Duration>,
    ) {
        let name = &self.relation.name;
        match &heard {
            Heard::Failed(_) => self.failures = self.failures.saturating_add(1),
            Heard::Rows(_) | Heard::Changed { .. } | Heard::Same => {
                if std::mem::take(&mut self.failures) > 0 {
                    info!("the source of {name} is read well");
                }
                tell_skipped(name, &skipped, &self.skipped);
                self.skipped.clone_from(&skipped);
            }
        }
        let next = pause.and_then(after);
        crash_point("world.source.read");
        let news = News { heard, extent, skipped, next };
        self.handle.source_read(self.generation, self.relation.id, news).await;
    }

    /// How often it is read while all is well.
    fn pause(&self) -> Duration {
        let every = self.relation.source.as_ref().and_then(|source| source.every);
        every.and_then(model::Duration::to_std).unwrap_or(RETRY_MAX).max(EVERY_MIN)
    }

    /// How long it is left alone after a reading.
    pub fn pause_after(&self, is_well: bool) -> Duration {
        match is_well {
            true => self.pause(),
            false => {
                let first = self.pause().min(RETRY_FIRST);
                (first * 2_u32.saturating_pow(self.failures.min(10))).min(RETRY_MAX)
            }
        }
    }
}

/// What is passed over for the first time.
fn tell_skipped(name: &str, skipped: &[String], before: &[String]) {
    let new: Vec<&String> = skipped.iter().filter(|one| !before.contains(one)).collect();
    if let Some(first) = new.first() {
        let more = match new.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        warn!("the source of {name} passes over {first}{more}");
    }
}

fn after(pause: Duration) -> Option<Timestamp> {
    let micros = i64::try_from(pause.as_micros()).ok()?;
    system_now().checked_add(model::Duration::from_micros(micros))
}

/// Nothing is read more often by the clock.
const EVERY_MIN: Duration = Duration::from_millis(100);
/// A source that cannot be read is tried again after this, or sooner if it is read more often
/// anyway; then after twice as long each time.
const RETRY_FIRST: Duration = Duration::from_secs(10);
/// Until it is as long as this.
const RETRY_MAX: Duration = Duration::from_secs(300);
