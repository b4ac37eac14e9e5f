//! The world around the machine: commands that run, sources that are read, rules that change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tracing::{error, info, warn};

use super::clock::{Clock, system_now};
use super::event::{Effect, Ended, StoreOptions};
use super::handle::Handle;
use super::journal;
use super::keeper::{Keeper, Rules, keep};
use super::machine::Machine;
use super::new_rules::{Reloaded, read_again};
use super::prelude::with_prelude;
use super::process::{Guard, Labels};
use super::run::{Run, Runner, Stopper};
use super::source::{Place, SourceTasks, Stamps, read_first};
use crate::compile::Loaded;
use crate::engine::Workers;
use crate::model::{Goal, RelationId, Row, Value, crash_point, stable_hash};
use crate::reconcile::{Key, Mode, RunId, Start};
use crate::store::{Adoption, StoreError};

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// The rules file.
    pub file: PathBuf,
    pub store: StoreOptions,
    pub mode: Mode,
    pub workers: Workers,
}

/// A server at work, but for those who talk to it.
pub struct World {
    options: ServerOptions,
    handle: Handle,
    keeper: Keeper,
    runner: Runner,
    place: Place,
    sources: SourceTasks,
    /// Sources that were asked for before anybody watched them, and under which rules.
    asked: Vec<(u64, RelationId)>,
    stoppers: BTreeMap<RunId, Stopper>,
    jobs: JoinSet<RunId>,
    /// The files that the rules are made of, as they were when last read.
    rules_stamps: Stamps,
    troubles: journal::Troubles,
    /// As they were when they were first seen to have changed.
    changed_rules: Option<Stamps>,
    /// The rules that are being read again, if any are.
    reloads: JoinSet<Reloaded>,
    /// Somebody asked for it once more meanwhile.
    wants_reload: bool,
    is_closing: bool,
}

/// How a file of rules becomes a program. Says what is wrong with it by itself; the error is the
/// files in which that may be mended.
pub type LoadRules = Arc<dyn Fn(&Path) -> Result<Loaded, Vec<PathBuf>> + Send + Sync>;

/// Why a server ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to.
    Asked,
    /// It cannot go on.
    Broken(String),
}

impl World {
    /// Opens the store, reads the sources, and begins to look and act.
    ///
    /// # Errors
    /// What the store says.
    pub async fn start(
        options: ServerOptions,
        loaded: Loaded,
        guard: Guard,
    ) -> Result<(World, Handle), StoreError> {
        let rules_stamps = Stamps::of(loaded.files());
        let guard = Arc::new(guard);
        let place = Place::guarded(loaded.folder(), guard.clone());
        let (loaded, prelude) = with_prelude(loaded, options.mode);
        let (news, first) = read_first(loaded.program.sourced(), &place).await;
        let (store, workers) = (options.store.clone(), options.workers.clone());
        let clock = Clock::new(system_now);
        let (keeper, adoptions) = keep(clock.clone(), move |now| {
            Machine::start((&loaded, prelude), &store, news, now, workers)
        })?;
        tell_adoptions(&adoptions);
        // The store is ours, so that the one before us has ended.
        if let Err(error) = guard.take_over(&options.store.folder) {
            warn!("the next server will not know what this one started: {error}");
        }
        let handle = Handle::new(keeper.queue.clone(), keeper.rules.clone(), clock);
        let world = World {
            options,
            handle: handle.clone(),
            keeper,
            runner: Runner::new(guard),
            sources: SourceTasks::start(first, place.clone(), &handle, handle.generation()),
            asked: Vec::new(),
            place,
            stoppers: BTreeMap::new(),
            jobs: JoinSet::new(),
            rules_stamps,
            troubles: journal::Troubles::default(),
            changed_rules: None,
            reloads: JoinSet::new(),
            wants_reload: false,
            is_closing: false,
        };
        Ok((world, handle))
    }

    /// Goes on until it is asked to stop, or cannot; `load` reads the rules again when they
    /// change, or when somebody asks for it.
    pub async fn run(mut self, load: LoadRules, mut asks: Asks) -> End {
        let mut look_around = tokio::time::interval(LOOK_AROUND);
        look_around.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            tokio::select! {
                effects = self.keeper.effects.recv() => match effects {
                    Some((rules, effects)) => {
                        if let Some(end) = self.carry_out(effects, &rules) {
                            break end;
                        }
                    }
                    None => break End::Broken("the machine has ended".to_string()),
                },
                Some(ended) = self.jobs.join_next() => {
                    if let Ok(run) = ended {
                        self.stoppers.remove(&run);
                    }
                }
                Some(reloaded) = self.reloads.join_next() => {
                    if let Ok(reloaded) = reloaded {
                        self.reloaded(reloaded, &load);
                    }
                }
                _ = look_around.tick() => self.notice_changed_rules(&load),
                ask = asks.recv() => match ask {
                    Some(Ask::Reload) => self.reload(&load),
                    Some(Ask::Stop) | None => break End::Asked,
                },
            }
        };
        self.close(&mut asks).await;
        end
    }

    /// Nothing new begins; what runs is asked to stop, and killed when its grace is over.
    async fn close(mut self, asks: &mut Asks) {
        self.is_closing = true;
        self.sources.stop();
        if let Workers::Cluster(cluster) = &self.options.workers {
            // The machine may wait for a member that is away.
            cluster.give_up();
        }
        self.handle.close().await;
        self.stoppers.values().for_each(Stopper::stop);
        crash_point("world.close.stopped");
        while !self.jobs.is_empty() {
            tokio::select! {
                effects = self.keeper.effects.recv() => match effects {
                    Some((rules, effects)) => drop(self.carry_out(effects, &rules)),
                    None => break,
                },
                _ = self.jobs.join_next() => {}
                // A second time is meant.
                ask = asks.recv() => if let Some(Ask::Stop) | None = ask {
                    self.stoppers.values().for_each(Stopper::kill);
                },
            }
        }
        self.handle.stop().await;
        while self.keeper.effects.recv().await.is_some() {}
        let _ = tokio::task::spawn_blocking(move || self.keeper.thread.join()).await;
    }

    /// Does what a machine wanted under these rules, whatever rules are in force by now.
    fn carry_out(&mut self, effects: Vec<Effect>, rules: &Rules) -> Option<End> {
        for effect in effects {
            match effect {
                Effect::Look { run, goal, keys } => self.look(run, &goal, &keys, rules),
                Effect::Act { run, goal, starts } => self.act(run, &goal, &starts, rules),
                Effect::Stop { run, .. } => {
                    crash_point("world.stop.before");
                    if let Some(stopper) = self.stoppers.get(&run) {
                        stopper.stop();
                    }
                }
                Effect::ReadSources(relations) => self.read_sources(&relations, rules),
                Effect::Changed(delta) => journal::tell(&delta, &rules.program),
                Effect::Notice(notice) => journal::notice(&notice),
                Effect::Trouble { of, message } => self.troubles.tell(of, message),
                Effect::StoreFails(why) => error!("{why}; trying again"),
                Effect::StoreWorks => info!("the store works again"),
                Effect::Halt(why) => return Some(End::Broken(why)),
                Effect::Answer { .. } => unreachable!("the keeper answers"),
            }
        }
        None
    }

    fn look(&mut self, run: RunId, goal: &str, keys: &[Key], rules: &Rules) {
        let Some(goal) = find_goal(goal, rules) else { return };
        let Some(check) = &goal.check else { return };
        crash_point("world.look.before");
        let labels = Labels { goal: Some(&goal.name), ..Labels::default() };
        let place = self.place.clone();
        self.launch(
            run,
            Run {
                task: &check.task,
                parameters: &goal.parameters,
                instances: &rows(keys),
                is_batch: check.batch.is_some() || !check.task.names_instance(),
                labels,
                environment: &check.environment,
                folder: place.folder(),
            },
        );
    }

    fn act(&mut self, run: RunId, goal: &str, starts: &[Start], rules: &Rules) {
        let Some(goal) = find_goal(goal, rules) else { return };
        let Some(action) = &goal.action else { return };
        let keys: Vec<Key> = starts.iter().map(|start| start.key.clone()).collect();
        crash_point("world.act.before");
        let number = starts.iter().map(|start| i64::from(start.number)).max();
        let key = episode_key(&goal.name, starts);
        let (goal_name, key) = (Some(goal.name.as_str()), Some(key.as_str()));
        let labels = Labels { goal: goal_name, attempt: number, key, source: None };
        let place = self.place.clone();
        self.launch(
            run,
            Run {
                task: &action.task,
                parameters: &goal.parameters,
                instances: &rows(&keys),
                is_batch: action.batch.is_some(),
                labels,
                environment: &action.environment,
                folder: place.folder(),
            },
        );
    }

    fn launch(&mut self, run: RunId, what: Run<'_>) {
        let handle = self.handle.clone();
        match self.runner.begin(what) {
            Ok((stopper, end)) => {
                if self.is_closing {
                    stopper.stop();
                }
                self.stoppers.insert(run, stopper);
                crash_point("world.launch.after");
                self.jobs.spawn(async move {
                    let end = end.await;
                    crash_point("world.ended.before-tell");
                    handle.ended(run, end).await;
                    crash_point("world.ended.after-tell");
                    run
                });
            }
            Err(refused) => {
                let ended = Ended::failed(refused.to_string());
                self.jobs.spawn(async move {
                    handle.ended(run, ended).await;
                    run
                });
            }
        }
    }

    fn read_sources(&mut self, relations: &[RelationId], rules: &Rules) {
        match rules.generation == self.sources.generation() {
            true => relations.iter().for_each(|relation| self.sources.ask(*relation)),
            // New rules are in force, and nobody watches their sources yet.
            false => self.asked.extend(relations.iter().map(|id| (rules.generation, *id))),
        }
    }

    /// Rules that were changed are read once they are left alone: an editor may be half way.
    fn notice_changed_rules(&mut self, load: &LoadRules) {
        let now = self.rules_stamps.fresh();
        if now == self.rules_stamps {
            self.changed_rules = None;
        } else if self.changed_rules.as_ref() == Some(&now) {
            self.changed_rules = None;
            self.reload(load);
        } else {
            self.changed_rules = Some(now);
        }
    }

    /// Begins to read the rules; what becomes of it comes back by `reloads`.
    fn reload(&mut self, load: &LoadRules) {
        if !self.reloads.is_empty() {
            self.wants_reload = true;
            return;
        }
        let (load, file, mode) = (load.clone(), self.options.file.clone(), self.options.mode);
        let before = self.rules_stamps.fresh();
        let ours = (self.handle.clone(), self.runner.guard().clone());
        self.reloads.spawn(read_again(load, file, mode, ours, before));
    }

    fn reloaded(&mut self, reloaded: Reloaded, load: &LoadRules) {
        self.rules_stamps = reloaded.rules_stamps;
        match reloaded.result {
            Ok((adoptions, place, first)) => {
                let generation = self.handle.generation();
                self.sources = SourceTasks::start(first, place.clone(), &self.handle, generation);
                self.place = place;
                for (asked, relation) in std::mem::take(&mut self.asked) {
                    if asked == generation {
                        self.sources.ask(relation);
                    }
                }
                crash_point("world.reload.after");
                info!("the new rules are in force");
                tell_adoptions(&adoptions);
            }
            Err(why) => error!("{why}; the old ones stay in force"),
        }
        if std::mem::take(&mut self.wants_reload) {
            self.reload(load);
        }
    }
}

/// What the one who runs a server may ask of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Reload,
    Stop,
}

/// Where such things come from.
pub type Asks = tokio::sync::mpsc::Receiver<Ask>;

fn tell_adoptions(adoptions: &[Adoption]) {
    for adoption in adoptions {
        warn!("{adoption}");
    }
}

fn find_goal<'r>(name: &str, rules: &'r Rules) -> Option<&'r Goal> {
    rules.program.goals.iter().find(|goal| goal.name == name)
}

fn rows(keys: &[Key]) -> Vec<Row> {
    keys.iter().map(|key| key.to_vec()).collect()
}

/// The same for every attempt of one episode of being missing, and for no other.
fn episode_key(goal: &str, starts: &[Start]) -> String {
    let mut values = vec![Value::text(goal)];
    for start in starts {
        values.extend(start.key.iter().cloned());
        values.push(Value::Time(start.episode));
    }
    let first = stable_hash(&values);
    values.push(Value::Int(first));
    format!("{first:016x}{:016x}", stable_hash(&values))
}

/// How often files are looked at for changes.
const LOOK_AROUND: Duration = Duration::from_secs(1);
