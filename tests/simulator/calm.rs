//! When the world stops misbehaving: everything that can be met is met, nothing is in flight,
//! the machine sleeps, and a server that starts afresh over the same facts wants nothing more.

use std::collections::{BTreeMap, BTreeSet};

use owed::model::{Date, Row};
use owed::reconcile::Mode;
use owed::runtime::{Event, Machine, Pausable, Request, StoreOptions};

use super::checks::is_of_machine;
use super::ledger::{Instance, State};
use super::shape::Witness;
use super::world::{FIRST_DAY, HOUR, Happening, SECOND, World};

/// After so long all that was believed before has been looked at again.
const HOURS_MIN: i64 = 1;
/// How long it may take until all is met.
const HOURS_MAX: i64 = 72;
/// How many turns an hour may take.
const TURNS_MAX: u64 = 4000;

impl World {
    /// Plays a world to its end.
    pub fn play(&mut self, turns: u64) {
        let wishes = [
            format!("+wanted({}, {})", day(FIRST_DAY), day(FIRST_DAY + 2)),
            "+campaign(\"a\")".to_string(),
        ];
        self.after(1, Happening::Tell(wishes.to_vec()));
        self.after(2, Happening::Mischief);
        self.run_until(i64::MAX, turns);
        self.calm_down();
        for hour in 0.. {
            self.help(hour);
            assert!(self.run_until(self.real + HOUR, TURNS_MAX), "it does not come to rest");
            let unmet = self.unmet();
            let is_met = unmet.is_empty() && self.is_at_rest() && !self.is_waived();
            if is_met && hour >= HOURS_MIN {
                break;
            }
            assert!(
                hour < HOURS_MAX,
                "{hour} hours in which nothing went wrong, not met: {unmet:?}; on its way: {:?}",
                self.jobs
            );
        }
        self.check_facts();
        self.check_sleep();
        self.check_cold_start();
    }

    /// From now on everybody means well.
    fn calm_down(&mut self) {
        self.note("calm");
        self.is_calm = true;
        self.data.make_room();
        self.forget(|happening| matches!(happening, Happening::Mischief));
        self.run_until(self.real + 200 * SECOND, TURNS_MAX);
        self.start();
        assert!(self.machine.is_some(), "it starts");
        self.run_until(self.real + SECOND, TURNS_MAX);
        // Somebody sets the clock right.
        self.skew = self.skew.max(self.machine_now().micros() - self.real);
        let mut lines: Vec<String> = vec!["-freeze(_)".into(), "-lost(_)".into()];
        lines.push("-somebody(_, _)".into());
        let event = self.submission(&lines);
        let resume = self.ask(Request::Resume(Pausable::Everything));
        self.turn(vec![event, resume]);
        assert!(!self.store_fails, "there is room");
    }

    /// People do what only people can: they say what nobody looks at, bring about what nobody
    /// acts for, and ask for another try of what was given up.
    fn help(&mut self, hour: i64) {
        let missing: Vec<Instance> = self.unmet().into_iter().collect();
        let mut events: Vec<Event> = Vec::new();
        let mut lines = Vec::new();
        for instance in &missing {
            let shape = self.shape.goal(&instance.0).clone();
            if shape.witness == Witness::Needs {
                continue;
            }
            if shape.action.is_none() || self.mode == Mode::ObserveOnly {
                self.make_true(instance);
                let (_, place) = self.place(instance);
                if self.tells_itself(&instance.0) {
                    lines.push(format!("+{}", shape.fact_at(&place, 1)));
                }
            }
        }
        if !lines.is_empty() {
            events.push(self.submission(&lines));
        }
        for goal in self.shape.goals.clone() {
            if goal.witness == Witness::Sourced {
                self.after(1, Happening::Read(goal.name.clone()));
            }
            if hour > 0 && self.has_gone(&goal.name) {
                let (relation, width) = (self.relation(&goal.name), self.width(&goal.name));
                let pattern = vec![None; width];
                self.after(0, Happening::Ask(Request::Retry { goal: relation, pattern }));
            }
        }
        if !events.is_empty() {
            self.turn(events);
        }
    }

    fn width(&self, goal: &str) -> usize {
        self.schema().find(goal).expect("it is a goal").columns.len()
    }

    fn has_gone(&mut self, goal: &str) -> bool {
        !self.derived(&format!("{goal}.gone_because")).is_empty()
    }

    fn derived(&mut self, name: &str) -> BTreeSet<Row> {
        let Some(relation) = self.schema().find(name).map(|one| one.id) else {
            return BTreeSet::new();
        };
        let machine = self.machine.as_mut().expect("it runs");
        machine.rows(relation, &[]).expect("it is shown").into_iter().collect()
    }

    /// The instances that are missing.
    fn unmet(&mut self) -> BTreeSet<Instance> {
        let goals: Vec<String> = self.shape.goals.iter().map(|goal| goal.name.clone()).collect();
        let mut unmet = BTreeSet::new();
        for goal in goals {
            let missing = self.derived(&format!("{goal}.missing"));
            unmet.extend(missing.into_iter().map(|key| (goal.clone(), key)));
        }
        let watched: Vec<Instance> = unmet.iter().cloned().collect();
        for instance in watched {
            let shape = self.shape.goal(&instance.0);
            let is_watched = shape.check.is_some() || shape.action.is_some();
            let told = self.ledger.is(State::Missing, &instance);
            assert!(told || !is_watched, "{instance:?} is missing, and nobody was told");
        }
        unmet
    }

    /// Whether something counts as met only until its waiver ends.
    fn is_waived(&mut self) -> bool {
        let goals = self.shape.goals.clone();
        goals.iter().any(|goal| !self.derived(&format!("{}.waived", goal.name)).is_empty())
    }

    fn is_at_rest(&self) -> bool {
        self.jobs.values().all(|job| !job.is_action)
    }

    /// Looks go on as often as the rules say, and nothing else happens.
    fn check_sleep(&mut self) {
        const HOURS: i64 = 3;
        let (before, jobs) = (self.turns, self.trace.len());
        self.run_until(self.real + HOURS * HOUR, u64::MAX);
        let goals = self.shape.goals.clone();
        let mut turns_max = 60;
        for goal in goals {
            let Some(check) = &goal.check else { continue };
            let count = self.derived(&format!("{}.expected", goal.name)).len() as i64;
            let looks = check.ok_every_s.map_or(0, |every| HOURS * 3600 / every + 1);
            turns_max += count * looks * 3;
        }
        let turns = self.turns - before;
        assert!(turns as i64 <= turns_max, "{turns} turns in {HOURS} hours of peace");
        let acted = self.trace[jobs..].iter().find(|line| line.contains("act upon"));
        let acted = acted.cloned();
        assert!(acted.is_none() || !self.unmet().is_empty(), "it acts in peace: {acted:?}");
    }

    /// A server that starts over the same facts sees what this one sees.
    fn check_cold_start(&mut self) {
        let attempts = self.ledger.attempts.clone();
        let before = self.everything();
        let moment = self.machine_now();
        let crashed = self.data.crash(None);
        self.machine = None;
        drop(crashed);
        let folder = self.data.folder();
        let options = StoreOptions { folder, history: None };
        let rules = (&self.loaded, self.prelude.clone());
        let started = Machine::start(rules, &options, self.sources(), moment, 1);
        let (machine, _, _) = started.expect("the store opens");
        self.machine = Some(machine);
        let after = self.everything();
        assert!(attempts.is_empty() || self.has_work_left(), "attempts stay: {attempts:?}");
        for (name, rows) in &before {
            assert_eq!(Some(rows), after.get(name), "{name}: before and after a cold start");
        }
    }

    fn has_work_left(&self) -> bool {
        self.ledger.attempts.keys().any(|instance| self.has_time(instance))
    }

    /// The rows of all relations that people can see.
    fn everything(&mut self) -> BTreeMap<String, BTreeSet<Row>> {
        let relations = self.loaded.program.schema.relations().iter();
        let names = relations.map(|one| (one.id, one.name.clone()));
        // When sources were read is another moment for each server.
        let is_own = |name: &str| name.starts_with("owed.") || name == "source.status";
        let names: Vec<_> = names.filter(|(_, name)| !is_own(name)).collect();
        let machine = self.machine.as_mut().expect("it runs");
        let rows = |(id, name): (_, String)| {
            let is_ours = !is_of_machine(&name) || !name.starts_with("owed.");
            is_ours
                .then(|| (name, machine.rows(id, &[]).expect("it is shown").into_iter().collect()))
        };
        names.into_iter().filter_map(rows).collect()
    }
}

fn day(day: i64) -> Date {
    Date::from_days(day).expect("it is some day")
}
