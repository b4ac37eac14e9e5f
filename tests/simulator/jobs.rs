//! Processes: what checks and actions do, how they end, and how they are stopped.

use owed::model::Value;
use owed::reconcile::{Key as RunKey, RunId, Start, Stopping};
use owed::runtime::{Ended, Event, ProcessExit};

use super::ledger::Instance;
use super::shape::{Key, Sharing, Witness};
use super::world::{Happening, World};

/// A process.
#[derive(Clone, Debug)]
pub struct Job {
    pub goal: String,
    pub keys: Vec<Key>,
    pub is_action: bool,
    exit: ProcessExit,
    complaint: String,
    /// `None` is what is so when it ends.
    output: Option<String>,
    /// What it brings about.
    makes: Vec<Instance>,
    /// The detached work that it sets going: after how many seconds it ends, whether it works,
    /// and what it says of itself.
    sets_going: Vec<(Instance, i64, bool, Option<String>)>,
    hangs: bool,
    ignores_term: bool,
}

impl Job {
    /// What it brought about if it is killed now.
    pub fn made_before_death(&self, rng: &mut fastrand::Rng) -> Vec<Instance> {
        self.makes.iter().filter(|_| rng.bool()).cloned().collect()
    }
}

impl World {
    pub fn look(&mut self, run: RunId, goal: &str, keys: &[RunKey]) {
        self.ledger.look(run, goal, keys, (&self.shape, self.machine_now()));
        let keys: Vec<Key> = keys.iter().map(|key| key.to_vec()).collect();
        self.note(&format!("{run:?} look at {goal} {}", shown(&keys)));
        let mut job = self.job(goal, keys, false);
        let mut takes = self.rng.i64(0..5);
        match if self.is_calm { 100 } else { self.rng.u8(..30) } {
            0 => job.exit = ProcessExit::Code(1),
            1 => job.exit = ProcessExit::Failed("it cannot be started".to_string()),
            2 => (job.hangs, job.ignores_term) = (true, self.rng.bool()),
            3 => job.output = Some("+garbage(".to_string()),
            4 => job.output = Some("+campaign(\"a\")".to_string()),
            5 => job.output = Some(String::new()),
            6 | 7 => {
                job.exit = ProcessExit::Code(75);
                job.output = Some(if self.rng.bool() { String::new() } else { self.seen(&job) });
                self.answer_later(&job);
            }
            8 => takes = self.rng.i64(0..59),
            9 => job.output = Some(self.seen(&job)),
            10 => {
                // Somebody else's instance, too.
                let more = self.rumour(goal);
                job.output = Some(format!("{}{more}", self.seen(&job)));
            }
            _ => {}
        }
        if !job.hangs {
            self.after(takes, Happening::End(run));
        }
        self.jobs.insert(run, job);
    }

    fn answer_later(&mut self, job: &Job) {
        if self.rng.u8(..4) == 0 {
            return;
        }
        let delay = self.rng.i64(0..900);
        let mut lines: Vec<String> = self.seen(job).lines().map(str::to_string).collect();
        let keys = job.keys.iter().filter(|_| true);
        for key in keys {
            let values: Vec<String> = key.iter().map(Value::to_string).collect();
            lines.push(format!("looked {}({})", job.goal, values.join(", ")));
        }
        self.after(delay, Happening::Tell(lines));
    }

    fn job(&self, goal: &str, keys: Vec<Key>, is_action: bool) -> Job {
        Job {
            goal: goal.to_string(),
            keys,
            is_action,
            exit: ProcessExit::Code(0),
            complaint: String::new(),
            output: None,
            makes: Vec::new(),
            sets_going: Vec::new(),
            hangs: false,
            ignores_term: false,
        }
    }

    /// What an honest check says.
    fn seen(&self, job: &Job) -> String {
        let shape = self.shape.goal(&job.goal);
        if matches!(shape.witness, Witness::Sourced | Witness::Needs) {
            return String::new();
        }
        let is_whole = shape.check.as_ref().is_some_and(|check| check.sharing == Sharing::Whole);
        let mut lines: Vec<String> = Vec::new();
        for ((goal, place), number) in &self.truth {
            let is_asked = || {
                let mut keys = job.keys.iter();
                keys.any(|key| self.place(&(goal.clone(), key.clone())).1 == *place)
            };
            if *goal == job.goal && (is_whole || is_asked()) {
                lines.push(format!("+{}\n", shape.fact_at(place, *number)));
            }
        }
        lines.concat()
    }

    /// A fact about an instance that nobody asked for, true or not.
    fn rumour(&mut self, goal: &str) -> String {
        let shape = self.shape.goal(goal).clone();
        if matches!(shape.witness, Witness::Sourced | Witness::Needs) {
            return String::new();
        }
        let instance = self.any_instance(goal);
        let (_, place) = self.place(&instance);
        let sign = if self.rng.bool() { '+' } else { '-' };
        format!("{sign}{}\n", shape.fact_at(&place, 1))
    }

    pub fn act(&mut self, run: RunId, goal: &str, starts: &[Start]) {
        let now = self.machine_now();
        let keys: Vec<Key> = starts.iter().map(|start| start.key.to_vec()).collect();
        self.note(&format!("{run:?} act upon {goal} {}", shown(&keys)));
        assert!(self.mode == owed::reconcile::Mode::Act, "it only observes");
        self.check_not_paused(goal);
        let needs: Vec<Vec<Instance>> = keys.iter().map(|key| self.needs(goal, key)).collect();
        let needs = |key: &Key| {
            let at = keys.iter().position(|one| one == key).expect("it is one of them");
            needs[at].clone()
        };
        self.ledger.act((run, goal, starts), &needs, (&self.shape, now));
        let is_detached = self.shape.goal(goal).action.as_ref().is_some_and(|one| one.is_detached);
        let mut job = self.job(goal, keys, true);
        job.output = Some(String::new());
        let mut takes = self.rng.i64(0..20);
        let fate = if self.is_calm { 100 } else { self.rng.u8(..20) };
        if fate > 8 {
            let made: Vec<Instance> =
                job.keys.iter().map(|key| (goal.to_string(), key.clone())).collect();
            match is_detached {
                true => job.sets_going = self.detached_work(&made),
                false => job.makes = made,
            }
        }
        match fate {
            0 => (job.exit, job.complaint) = (ProcessExit::Code(1), "no such host".to_string()),
            1 => job.exit = ProcessExit::Signal("SIGSEGV".to_string()),
            2 => (job.exit, job.complaint) = (ProcessExit::Code(69), "never".to_string()),
            3 => (job.hangs, job.ignores_term) = (true, self.rng.bool()),
            4 => job.output = Some("+garbage(".to_string()),
            5 => {
                let outcome =
                    *super::random_goal::pick(&["failed", "gone", "succeeded"], &mut self.rng);
                let lines = job.keys.iter().map(|key| {
                    let instance = (goal.to_string(), key.clone());
                    self.report(&instance, outcome) + "\n"
                });
                job.output = Some(lines.collect());
            }
            // It lies.
            6 => {}
            7 => takes = self.rng.i64(0..1300),
            8 => {
                let instance = (goal.to_string(), job.keys[0].clone());
                let line = self.report(&instance, "failed");
                let delay = self.rng.i64(0..30);
                self.after(delay, Happening::Tell(vec![line]));
            }
            9 => {
                job.exit = ProcessExit::Code(1);
                job.complaint = "it did it all the same".to_string();
            }
            _ => {}
        }
        if self.tells_itself(goal) && job.output.as_deref() == Some("") && fate > 8 {
            job.output = Some(self.facts_of(&job.makes));
        }
        for instance in job.keys.iter().map(|key| (goal.to_string(), key.clone())) {
            if is_detached {
                self.ledger.detached.insert(instance, now);
            }
        }
        if !job.hangs {
            self.after(takes, Happening::End(run));
        }
        self.jobs.insert(run, job);
    }

    /// Whether nobody but the action says what it has brought about.
    pub fn tells_itself(&self, goal: &str) -> bool {
        let shape = self.shape.goal(goal);
        shape.check.is_none() && !matches!(shape.witness, Witness::Sourced | Witness::Needs)
    }

    fn facts_of(&self, instances: &[Instance]) -> String {
        let facts = instances.iter().map(|instance| {
            let (goal, place) = self.place(instance);
            format!("+{}\n", self.shape.goal(&goal).fact_at(&place, 1))
        });
        facts.collect()
    }

    fn detached_work(
        &mut self,
        instances: &[Instance],
    ) -> Vec<(Instance, i64, bool, Option<String>)> {
        let mut work = Vec::new();
        for instance in instances {
            let says = match if self.is_calm { 100 } else { self.rng.u8(..6) } {
                0 => Some("failed"),
                1 => Some("gone"),
                2 | 100 => Some("succeeded"),
                _ => None,
            };
            let works = self.is_calm || (says != Some("failed") && self.rng.u8(..4) > 0);
            let takes = if self.is_calm { self.rng.i64(0..20) } else { self.rng.i64(0..1500) };
            work.push((instance.clone(), takes, works, says.map(str::to_string)));
        }
        work
    }

    pub fn stop(&mut self, run: RunId, why: Stopping) {
        self.note(&format!("{run:?} stop: {why}"));
        if let Some(info) = self.ledger.runs.get_mut(&run) {
            info.stopping = Some(why);
        }
        let Some(job) = self.jobs.get_mut(&run) else { return };
        let signal = if job.ignores_term { "SIGKILL" } else { "SIGTERM" };
        let delay = if job.ignores_term { 10 } else { self.rng.i64(0..10) };
        job.exit = ProcessExit::Signal(signal.to_string());
        (job.output, job.hangs) = (Some(String::new()), false);
        (job.makes, job.sets_going) = (Vec::new(), Vec::new());
        self.after(delay, Happening::End(run));
    }

    /// A process ends; the machine hears of it now, or later, or more than once.
    pub fn end(&mut self, run: RunId) -> Vec<Event> {
        let Some(job) = self.jobs.remove(&run) else { return Vec::new() };
        for instance in &job.makes {
            self.make_true(instance);
        }
        for (instance, delay, works, says) in job.sets_going.clone() {
            let tells = works && self.tells_itself(&job.goal);
            self.after(delay, Happening::Detached { instance: instance.clone(), works, says });
            if tells {
                let facts = self.facts_of(&[instance]);
                self.after(delay, Happening::Tell(vec![facts.trim().to_string()]));
            }
        }
        let output = job.output.clone().unwrap_or_else(|| self.seen(&job)).into_bytes();
        let Job { exit, complaint, .. } = job;
        self.note(&format!("{run:?} ends: {exit:?} {}", String::from_utf8_lossy(&output).trim()));
        let event = Event::Ended { run, ended: Ended { exit, output, complaint } };
        if self.is_calm {
            return vec![event];
        }
        let server = self.server;
        let later = self.rng.i64(0..100);
        if self.rng.u8(..10) == 0 {
            self.after(later, Happening::Hear { server, event: event.clone() });
        }
        match self.rng.u8(..10) {
            0 => {
                let delay = self.rng.i64(0..30);
                self.after(delay, Happening::Hear { server, event });
                Vec::new()
            }
            1 => vec![event.clone(), event],
            _ => vec![event],
        }
    }

    fn check_not_paused(&self, goal: &str) {
        let paused = &self.paused;
        let pools = self.shape.goal(goal).action.as_ref().map(|action| action.pools.as_slice());
        let pools = pools.unwrap_or_default().iter().map(|(pool, _)| &self.shape.pools[*pool].name);
        let pools = pools.map(|pool| ("pool", pool.as_str()));
        for (what, name) in pools.chain([("goal", goal), ("everything", "")]) {
            let is_paused =
                paused.iter().any(|row| row[..2] == [Value::text(what), Value::text(name)]);
            assert!(!is_paused, "{goal} acts, and {what} {name} is paused");
        }
    }
}

fn shown(keys: &[Key]) -> String {
    let keys = keys.iter().map(|key| {
        let values: Vec<String> = key.iter().map(Value::to_string).collect();
        format!("({})", values.join(", "))
    });
    keys.collect::<Vec<_>>().join(" ")
}
