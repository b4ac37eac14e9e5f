//! What people and the world do while nobody promises anything.

use owed::model::{Date, Timestamp, Value};
use owed::reconcile::RunId;
use owed::runtime::{Ended, Event, Pausable, ProcessExit, Request};

use super::random_goal::pick;
use super::shape::{CAMPAIGNS, Witness};
use super::world::{FIRST_DAY, Happening, SECOND, World};

impl World {
    /// Something happens, and later something else.
    pub fn mischief(&mut self) -> Vec<Event> {
        let delay = *pick(&[0, 1, 5, 20, 60, 200, 900], &mut self.rng);
        self.after(delay, Happening::Mischief);
        match self.rng.u8(..32) {
            0..=4 => return self.somebody_tells(),
            5..=7 => return self.wishes(),
            8..=10 => self.world_changes(),
            11 => self.waive(),
            12 => self.retry(),
            13 | 14 => return vec![self.pause()],
            15 | 16 => return vec![self.resume()],
            17 => self.clock_jumps(),
            18 | 19 => self.crash(),
            20 => self.reload(),
            21 => return vec![self.stray()],
            22 | 23 => self.disk_fills(),
            24 | 25 => return self.looked_at(),
            26 | 27 => return self.reports(),
            28 => return self.fact_of_goal(),
            _ => {}
        }
        Vec::new()
    }

    fn one(&mut self, line: String) -> Vec<Event> {
        vec![self.submission(&[line])]
    }

    fn goal(&mut self) -> String {
        let at = self.rng.usize(..self.shape.goals.len());
        self.shape.goals[at].name.clone()
    }

    /// What is expected changes.
    pub fn wishes(&mut self) -> Vec<Event> {
        let sign = if self.rng.u8(..3) == 0 { '-' } else { '+' };
        if self.rng.bool() {
            let campaign = *pick(&CAMPAIGNS, &mut self.rng);
            return self.one(format!("{sign}campaign(\"{campaign}\")"));
        }
        let from = FIRST_DAY + self.rng.i64(0..5);
        let to = from + self.rng.i64(0..3);
        let [from, to] = [from, to].map(|day| Date::from_days(day).expect("a day"));
        let line = match self.rng.u8(..6) {
            0 => "-wanted(_, _)".to_string(),
            _ => format!("+wanted({from}, {to})"),
        };
        self.one(line)
    }

    fn somebody_tells(&mut self) -> Vec<Event> {
        let goal = self.goal();
        let sign = if self.rng.bool() { '-' } else { '+' };
        let line = match self.rng.u8(..6) {
            0 => format!("{sign}freeze(\"{goal}\")"),
            1 => format!("{sign}lost(\"{goal}\")"),
            2 if sign == '-' => format!("-somebody(\"{goal}\", _)"),
            2 => format!("+somebody(\"{goal}\", {})", self.machine_now()),
            _ => match self.observation(&goal, sign) {
                Some(line) => line,
                None => return Vec::new(),
            },
        };
        self.one(line)
    }

    fn observation(&mut self, goal: &str, sign: char) -> Option<String> {
        let instance = self.any_instance(goal);
        let (_, place) = self.place(&instance);
        let number = self.rng.i64(0..2);
        let shape = self.shape.goal(goal);
        let is_told = !matches!(shape.witness, Witness::Sourced | Witness::Needs);
        is_told.then(|| format!("{sign}{}", shape.fact_at(&place, number)))
    }

    /// Files appear and vanish, and nobody is told; but sources are watched.
    fn world_changes(&mut self) {
        let goal = self.goal();
        let instance = self.any_instance(&goal);
        let place = self.place(&instance);
        match self.rng.u8(..4) {
            0 => drop(self.truth.insert(place, 0)),
            1 => drop(self.truth.insert(place, 1)),
            2 => drop(self.truth.remove(&place)),
            _ => self.truth.retain(|(other, _), _| *other != goal),
        }
        self.watch(&goal);
    }

    fn pattern(&mut self, goal: &str) -> Vec<Option<Value>> {
        let (_, key) = self.any_instance(goal);
        key.into_iter().map(|value| (self.rng.u8(..3) > 0).then_some(value)).collect()
    }

    fn waive(&mut self) {
        let goal = self.goal();
        let pattern = self.pattern(&goal);
        let until = self.machine_now().micros() + self.rng.i64(0..7200) * SECOND;
        let until = Timestamp::from_micros(until).expect("some year");
        let reason = "nobody reads it".to_string();
        let goal = self.relation(&goal);
        self.after(0, Happening::Ask(Request::Waive { goal, pattern, until, reason }));
    }

    fn retry(&mut self) {
        let goal = self.goal();
        let pattern = self.pattern(&goal);
        let goal = self.relation(&goal);
        self.after(0, Happening::Ask(Request::Retry { goal, pattern }));
    }

    fn any_pausable(&mut self) -> Pausable {
        match self.rng.u8(..4) {
            0 => Pausable::Everything,
            1 if !self.shape.pools.is_empty() => {
                Pausable::Pool(pick(&self.shape.pools, &mut self.rng).name.clone())
            }
            _ => Pausable::Goal(self.goal()),
        }
    }

    fn pause(&mut self) -> Event {
        let what = self.any_pausable();
        self.ask(Request::Pause(what))
    }

    fn resume(&mut self) -> Event {
        let what = if self.rng.bool() { Pausable::Everything } else { self.any_pausable() };
        self.ask(Request::Resume(what))
    }

    fn clock_jumps(&mut self) {
        let by = *pick(&[-86_400, -3600, -5, 5, 600, 3600, 86_400, 40 * 86_400], &mut self.rng);
        self.note(&format!("the clock jumps by {by}s"));
        self.skew += by * SECOND;
    }

    /// The end of a run that never was.
    fn stray(&mut self) -> Event {
        let output = b"+campaign(\"d\")\n".to_vec();
        let ended = Ended { exit: ProcessExit::Code(0), output, complaint: String::new() };
        Event::Ended { run: RunId(1_000_000 + self.turns), ended }
    }

    fn disk_fills(&mut self) {
        if !self.data.is_disk() {
            return;
        }
        match self.rng.u8(..4) {
            0 | 1 => {
                let free = self.rng.usize(0..20) * 4096;
                self.note(&format!("the disk is full but for {free} bytes"));
                self.data.fill(free);
            }
            _ => {
                self.note("there is room again");
                self.data.make_room();
            }
        }
    }

    fn looked_at(&mut self) -> Vec<Event> {
        let goal = self.goal();
        if self.shape.goal(&goal).check.is_none() {
            return Vec::new();
        }
        let (_, key) = self.any_instance(&goal);
        let values: Vec<String> = key.iter().map(Value::to_string).collect();
        let mut lines = vec![format!("looked {goal}({})", values.join(", "))];
        if self.rng.bool() {
            lines.extend(self.observation(&goal, '+'));
        }
        self.after(0, Happening::Tell(lines));
        Vec::new()
    }

    /// Somebody reports on an attempt, whether or not there is one.
    fn reports(&mut self) -> Vec<Event> {
        let goal = self.goal();
        let of_goal = self.ledger.attempts.keys().filter(|(other, _)| *other == goal);
        let of_goal: Vec<_> = of_goal.cloned().collect();
        let instance = match of_goal.is_empty() || self.rng.u8(..4) == 0 {
            true => self.any_instance(&goal),
            false => pick(&of_goal, &mut self.rng).clone(),
        };
        let outcome = *pick(&["failed", "gone", "succeeded"], &mut self.rng);
        let line = self.report(&instance, outcome);
        self.one(line)
    }

    /// Somebody expects an instance by a fact of the goal's own name, or waives it so.
    fn fact_of_goal(&mut self) -> Vec<Event> {
        let goal = self.goal();
        let (_, key) = self.any_instance(&goal);
        let values: Vec<String> = key.iter().map(Value::to_string).collect();
        let sign = if self.rng.bool() { '-' } else { '+' };
        self.one(format!("{sign}{goal}({})", values.join(", ")))
    }
}
