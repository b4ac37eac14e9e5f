//! The server dies, at any point, and comes back; or takes new rules.

use owed::runtime::{Event, Heard, Machine, NotAdopted, StoreOptions};

use super::checks::is_of_machine;
use super::facts::Facts;
use super::ledger::Instance;
use super::turn::deltas;
use super::world::{Happening, World, load};

impl World {
    /// Starts the server.
    pub fn start(&mut self) {
        if self.machine.is_some() {
            return;
        }
        self.server += 1;
        let options = StoreOptions { folder: self.data.folder(), history: None };
        let sources = self.first_readings();
        let rules = (&self.loaded, self.prelude.clone());
        let started = Machine::start(rules, &options, sources.clone(), self.clock(), 1);
        let (mut machine, adoptions, effects) = match started {
            Ok(started) => started,
            Err(error) if self.data.is_disk() => {
                self.note(&format!("it does not start: {error}"));
                self.data.make_room();
                return self.after(5, Happening::Restart);
            }
            Err(error) => panic!("the store does not open: {error}"),
        };
        self.note("start");
        assert!(adoptions.is_empty(), "the relations are the same: {adoptions:?}");
        self.store_fails = false;
        for (relation, news) in sources {
            let relation = self.schema().relation(relation).clone();
            let moment = self.moment();
            let Heard::Rows(rows) = news.heard else { continue };
            self.facts.replace(&relation, &rows, moment);
        }
        self.paused = self.facts.rows("owed.paused");
        self.ledger.restart(&mut machine, &self.shape, &deltas(&effects));
        machine.listen(&self.ledger.relations());
        self.machine = Some(machine);
        self.check_facts();
        self.carry_out(effects);
    }

    /// The server is killed between two turns.
    pub fn crash(&mut self) {
        if self.machine.is_some() {
            self.note("crash");
            self.die(None);
        }
    }

    /// The server is killed within a turn: some of its commits are durable, and nothing of what
    /// follows has happened.
    pub fn die_within(&mut self, before: &[u64], events: &[Event]) {
        let commits = self.data.commits();
        let new: Vec<u64> = commits.iter().copied().skip(before.len()).collect();
        let is_grown = commits.starts_with(before);
        let kept = self.rng.usize(..=new.len());
        let cut = match kept {
            _ if !is_grown => None,
            0 => Some(before.last().copied().unwrap_or(0)),
            kept => Some(new[kept - 1]),
        };
        self.note(&format!("crash within a turn, {kept} of {} commits are durable", new.len()));
        // What was heard first is durable first.
        let mut options = vec![self.facts.clone()];
        for at in 1..=events.len() {
            self.facts = options[0].clone();
            self.learn_all(&events[..at], &Default::default());
            options.push(std::mem::take(&mut self.facts));
        }
        self.die(cut);
        self.facts = self.durable(options);
    }

    fn die(&mut self, log_bytes: Option<u64>) {
        let crashed = self.data.crash(log_bytes);
        self.machine = None;
        drop(crashed);
        self.kept.clear();
        self.ledger.crash();
        // What runs as a process of the server dies with it, and may have done its work.
        for (_, job) in std::mem::take(&mut self.jobs) {
            for instance in job.made_before_death(&mut self.rng) {
                self.make_true(&instance);
            }
        }
        self.forget(|happening| {
            matches!(happening, Happening::End(_) | Happening::Hear { .. } | Happening::Restart)
        });
        let delay = self.rng.i64(0..120);
        self.after(delay, Happening::Restart);
    }

    /// Which facts a server that was killed had made durable.
    fn durable(&mut self, options: Vec<Facts>) -> Facts {
        let folder = self.data.folder();
        let copy = tempfile::tempdir_in(folder.parent().expect("it lies somewhere"));
        let copy = copy.expect("a folder can be made");
        for name in ["owed.db", "owed.db-wal"] {
            if folder.join(name).exists() {
                std::fs::copy(folder.join(name), copy.path().join(name)).expect("it can be copied");
            }
        }
        let schema = &self.loaded.program.schema;
        let opened =
            owed::store::Store::open(copy.path(), schema, self.clock(), Default::default());
        let (store, _) = opened.expect("the store opens after a crash");
        let stored = store.load().expect("it can be read");
        let fits = |facts: &Facts| {
            stored.iter().all(|(relation, rows)| {
                let name = &schema.relation(*relation).name;
                is_of_machine(name) || facts.rows(name) == rows.iter().cloned().collect()
            })
        };
        let found = options.into_iter().rev().find(fits);
        found.unwrap_or_else(|| panic!("half a transaction is durable: {stored:?}"))
    }

    /// Somebody changes the rules while the server runs.
    pub fn reload(&mut self) {
        let Some(machine) = self.machine.take() else { return };
        let shape = self.shape.variant(&mut self.rng);
        self.note(&format!("new rules\n{}", shape.text()));
        let (loaded, prelude) = load(&shape, self.mode);
        let sources: Vec<_> = {
            let old = self.sources();
            let name = |id| self.schema().relation(id).name.clone();
            let found = old.into_iter().map(|(id, rows)| {
                (loaded.program.schema.find(&name(id)).expect("it stays").id, rows)
            });
            found.collect()
        };
        match machine.reload((&loaded, prelude.clone()), sources.clone()) {
            Ok((mut machine, adoptions, effects)) => {
                assert!(adoptions.is_empty(), "the relations are the same: {adoptions:?}");
                (self.shape, self.loaded, self.prelude) = (shape, loaded, prelude);
                for (relation, news) in sources {
                    let relation = self.schema().relation(relation).clone();
                    let moment = self.moment();
                    let Heard::Rows(rows) = news.heard else { panic!("it was read") };
                    self.facts.replace(&relation, &rows, moment);
                }
                // What was told under other numbers is not heard any more.
                self.forget(|happening| match happening {
                    Happening::Ask(_) => true,
                    Happening::Hear { event, .. } => !matches!(event, Event::Ended { .. }),
                    _ => false,
                });
                self.kept.retain(|event| matches!(event, Event::Ended { .. }));
                self.ledger.reload();
                self.paused = self.facts.rows("owed.paused");
                self.ledger.restart(&mut machine, &self.shape, &deltas(&effects));
                machine.listen(&self.ledger.relations());
                self.machine = Some(machine);
                self.carry_out(effects);
                self.check_facts();
            }
            Err(NotAdopted { machine, why, is_stranded }) => {
                assert!(self.data.is_disk() && !is_stranded, "{why}");
                self.machine = Some(*machine);
            }
        }
    }

    /// An instance that may or may not be expected.
    pub fn any_instance(&mut self, goal: &str) -> Instance {
        use super::shape::{About, CAMPAIGNS};
        let campaign =
            owed::model::Value::text(*super::random_goal::pick(&CAMPAIGNS, &mut self.rng));
        let day = super::world::FIRST_DAY + self.rng.i64(0..6);
        let day = owed::model::Value::Date(owed::model::Date::from_days(day).expect("a day"));
        let key = match self.shape.goal(goal).about {
            About::Campaign => vec![campaign],
            About::Day => vec![day],
            About::Both => vec![campaign, day],
        };
        (goal.to_string(), key)
    }
}
