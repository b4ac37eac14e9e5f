//! Random programs of goals, and what they mean as far as the book-keeping needs to know: it is
//! told here once more, by hand, so that it is not the program's own reading that judges it.

use std::fmt::Write;

use fastrand::Rng;
use owed::model::{Date, Value};

use super::random_goal::{goal, pool};

/// The values of a goal's parameters.
pub type Key = Vec<Value>;

/// A program.
#[derive(Clone, Debug)]
pub struct Shape {
    pub goals: Vec<GoalShape>,
    pub pools: Vec<PoolShape>,
}

/// What a goal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    Campaign,
    Day,
    Both,
}

/// What its `ok` rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// A fact per instance, with a number that must not be 0.
    Counted,
    /// A fact per instance.
    Plain,
    /// A fact per day, whatever the campaign: silence cannot withdraw it.
    DayWide,
    /// A relation that has a source.
    Sourced,
    /// `ok needs`.
    Needs,
}

/// How instances share looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    Each,
    Batch(u32),
    Whole,
}

#[derive(Clone, Debug)]
pub struct CheckShape {
    pub sharing: Sharing,
    pub every_s: i64,
    pub ok_every_s: Option<i64>,
    pub pool: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct ActionShape {
    pub within_s: i64,
    pub retry: u32,
    pub backoff_s: (i64, i64),
    pub batch: Option<u32>,
    pub is_detached: bool,
    pub is_newest_first: bool,
    /// The pool, and whether each campaign has its own.
    pub pools: Vec<(usize, bool)>,
}

#[derive(Clone, Debug)]
pub struct GoalShape {
    pub name: String,
    pub about: About,
    pub is_expected: bool,
    /// Goals further down.
    pub needs: Vec<usize>,
    /// Whether each day needs the day before.
    pub needs_yesterday: bool,
    pub witness: Witness,
    pub check: Option<CheckShape>,
    pub action: Option<ActionShape>,
    pub has_hold: bool,
    pub has_gone: bool,
    pub has_working: bool,
    pub has_due: bool,
}

#[derive(Clone, Debug)]
pub struct PoolShape {
    pub name: String,
    pub limit: u32,
    /// So many in so many seconds.
    pub rate: Option<(u32, i64)>,
    pub trip: Option<u32>,
}

/// The campaigns that there ever are.
pub const CAMPAIGNS: [&str; 4] = ["a", "b", "c", "d"];

const HEAD: &str = "\
input campaign(id: text).
input wanted(from: date, to: date) key ().
input freeze(goal: text).
input lost(goal: text).
input somebody(goal: text, since: time) key (goal).
input told(n: int) key ().
";

impl Shape {
    pub fn random(rng: &mut Rng) -> Shape {
        let pools: Vec<PoolShape> = (0..rng.usize(0..3)).map(|at| pool(at, rng)).collect();
        let count = rng.usize(1..4);
        let mut goals: Vec<GoalShape> =
            (0..count).map(|at| goal(at, count, pools.len(), rng)).collect();
        goals[0].is_expected = true;
        Shape { goals, pools }
    }

    /// The same program, with other options and conditions: what somebody may make of it while
    /// the server runs.
    pub fn variant(&self, rng: &mut Rng) -> Shape {
        let mut shape = self.clone();
        let pools = shape.pools.len();
        for (at, one) in shape.pools.iter_mut().enumerate() {
            if rng.u8(..3) == 0 {
                *one = pool(at, rng);
            }
        }
        let count = shape.goals.len();
        for (at, one) in shape.goals.iter_mut().enumerate() {
            let other = goal(at, count, pools, rng);
            match rng.u8(..8) {
                0 => one.has_hold = !one.has_hold,
                1 => one.has_gone = !one.has_gone,
                2 => one.has_working = !one.has_working,
                3 => one.has_due = one.about != About::Campaign && !one.has_due,
                4 if one.witness != Witness::Needs => one.needs.clear(),
                5 => {
                    if let (Some(mine), Some(others)) = (&mut one.check, other.check) {
                        *mine = others;
                    }
                }
                6 => {
                    if let (Some(mine), Some(others)) = (&mut one.action, other.action) {
                        *mine = ActionShape { is_detached: mine.is_detached, ..others };
                        mine.pools.retain(|(_, parted)| !parted || one.about != About::Day);
                        mine.is_newest_first &= one.about != About::Campaign;
                    }
                }
                _ => {}
            }
        }
        shape
    }

    /// The program's text.
    pub fn text(&self) -> String {
        let mut text = String::from(HEAD);
        for pool in &self.pools {
            let PoolShape { name, limit, rate, trip } = pool;
            write!(text, "pool {name} limit {limit}").expect("memory takes all");
            if let Some((count, seconds)) = rate {
                write!(text, ", rate {count} per {seconds}s").expect("memory takes all");
            }
            if let Some(trip) = trip {
                write!(text, ", trip {trip}").expect("memory takes all");
            }
            text.push_str(".\n");
        }
        for goal in &self.goals {
            text.push_str(&goal.text(self));
        }
        text
    }

    pub fn goal(&self, name: &str) -> &GoalShape {
        self.goals.iter().find(|goal| goal.name == name).expect("the goal is there")
    }

    /// The instances that an instance needs.
    pub fn needs(
        &self,
        goal: &str,
        key: &[Value],
        campaigns: &[Value],
        wanted: Option<(Date, Date)>,
    ) -> Vec<(String, Key)> {
        let shape = self.goal(goal);
        let own_campaign = key.iter().find(|value| matches!(value, Value::Text(_)));
        let own_day = key.iter().find_map(|value| match value {
            Value::Date(day) => Some(*day),
            _ => None,
        });
        let days: Vec<Value> = match (own_day, wanted) {
            (Some(day), _) => vec![Value::Date(day)],
            (None, Some((from, to))) => days(from, to),
            (None, None) => Vec::new(),
        };
        let campaigns = own_campaign.map_or(campaigns.to_vec(), |own| vec![own.clone()]);
        let mut found = Vec::new();
        for needed in &shape.needs {
            let needed = &self.goals[*needed];
            match needed.about {
                About::Campaign => {
                    found.extend(campaigns.iter().map(|c| (needed.name.clone(), vec![c.clone()])));
                }
                About::Day => {
                    found.extend(days.iter().map(|d| (needed.name.clone(), vec![d.clone()])));
                }
                About::Both => found.extend(campaigns.iter().flat_map(|c| {
                    days.iter().map(|d| (needed.name.clone(), vec![c.clone(), d.clone()]))
                })),
            }
        }
        if let (true, Some(day), Some((from, _))) = (shape.needs_yesterday, own_day, wanted)
            && day > from
        {
            let yesterday = Date::from_days(i64::from(day.days()) - 1).expect("it is no first day");
            let key = key.iter().map(|value| match value {
                Value::Date(_) => Value::Date(yesterday),
                other => other.clone(),
            });
            found.push((goal.to_string(), key.collect()));
        }
        found
    }
}

fn days(from: Date, to: Date) -> Vec<Value> {
    let days = from.days()..=to.days();
    days.filter_map(|day| Date::from_days(i64::from(day))).map(Value::Date).collect()
}

impl GoalShape {
    fn parameters(&self) -> (&'static str, &'static str) {
        match self.about {
            About::Campaign => ("c: text", "c"),
            About::Day => ("d: date", "d"),
            About::Both => ("c: text, d: date", "c, d"),
        }
    }

    /// The relation that its `ok` reads.
    pub fn relation(&self) -> String {
        format!("{}_seen", self.name)
    }

    /// The fact that makes an instance ok; a place is the instance, or its day.
    pub fn fact_at(&self, place: &[Value], number: i64) -> String {
        let mut values: Vec<String> = place.iter().map(ToString::to_string).collect();
        if self.witness == Witness::Counted {
            values.push(number.to_string());
        }
        format!("{}({})", self.relation(), values.join(", "))
    }

    fn text(&self, shape: &Shape) -> String {
        let (declared, names) = self.parameters();
        let (seen, name) = (self.relation(), &self.name);
        let mut clauses = Vec::new();
        let mut text = String::new();
        let ok = match self.witness {
            Witness::Counted => {
                text = format!("observe {seen}({declared}, n: int) key ({names}).\n");
                format!("ok :- {seen}({names}, n), n > 0.")
            }
            Witness::Plain => {
                text = format!("observe {seen}({declared}).\n");
                format!("ok :- {seen}({names}).")
            }
            Witness::DayWide => {
                text = format!("observe {seen}(d: date).\n");
                format!("ok :- {seen}(d).")
            }
            Witness::Sourced => {
                text = format!("observe {seen}({declared}) from csv \"{seen}.csv\".\n");
                format!("ok :- {seen}({names}).")
            }
            Witness::Needs => "ok needs.".to_string(),
        };
        let range = "wanted(from, to), d in from..=to, today(t), d < t";
        match self.about {
            _ if !self.is_expected => {}
            About::Campaign => clauses.push("expect :- campaign(c).".to_string()),
            About::Day => clauses.push(format!("expect :- {range}.")),
            About::Both => clauses.push(format!("expect :- campaign(c), {range}.")),
        }
        clauses.push(ok);
        clauses.extend(self.needs.iter().map(|need| self.need(&shape.goals[*need])));
        if self.needs_yesterday {
            let yesterday = names.replace('d', "d - 1d");
            clauses.push(format!("needs {name}({yesterday}) :- wanted(from, _), d > from."));
        }
        clauses.extend(self.conditions());
        clauses.extend(self.check.as_ref().map(|check| check.text(names, &shape.pools)));
        clauses.extend(self.action.as_ref().map(|action| action.text(names, &shape.pools)));
        let clauses: String = clauses.iter().map(|clause| format!("    {clause}\n")).collect();
        format!("{text}goal {name}({declared}) {{\n{clauses}}}\n")
    }

    fn need(&self, needed: &GoalShape) -> String {
        let (_, names) = needed.parameters();
        let mut body = Vec::new();
        if self.about == About::Day && needed.about != About::Day {
            body.push("campaign(c)");
        }
        if self.about == About::Campaign && needed.about != About::Campaign {
            body.push("wanted(from, to), d in from..=to");
        }
        match body.is_empty() {
            true => format!("needs {}({names}).", needed.name),
            false => format!("needs {}({names}) :- {}.", needed.name, body.join(", ")),
        }
    }

    fn conditions(&self) -> Vec<String> {
        let name = &self.name;
        let conditions = [
            (self.has_hold, format!("hold \"freeze\" :- freeze(\"{name}\").")),
            (self.has_gone, format!("gone \"lost\" :- lost(\"{name}\").")),
            (
                self.has_working,
                format!("working :- somebody(\"{name}\", since), now < since + 20m."),
            ),
            (self.has_due, "due d + 1d + 9h.".to_string()),
        ];
        conditions.into_iter().filter(|(has, _)| *has).map(|(_, text)| text).collect()
    }
}

fn placeholders(names: &str) -> String {
    names.split(", ").map(|name| format!(" {{{name}}}")).collect()
}

impl CheckShape {
    fn text(&self, names: &str, pools: &[PoolShape]) -> String {
        let words = match self.sharing {
            Sharing::Each => placeholders(names),
            Sharing::Batch(_) | Sharing::Whole => String::new(),
        };
        let mut text = format!("check \"look{words}\" every {}s", self.every_s);
        match self.ok_every_s {
            Some(every) => write!(text, ", ok every {every}s"),
            None => write!(text, ", ok never"),
        }
        .expect("memory takes all");
        if let Sharing::Batch(most) = self.sharing {
            write!(text, ", batch {most}").expect("memory takes all");
        }
        if let Some(pool) = self.pool {
            write!(text, ", pool {}", pools[pool].name).expect("memory takes all");
        }
        text + "."
    }
}

impl ActionShape {
    fn text(&self, names: &str, pools: &[PoolShape]) -> String {
        let words = match self.batch {
            Some(_) => String::new(),
            None => placeholders(names),
        };
        let (least, most) = self.backoff_s;
        let mut text = format!(
            "action \"act{words}\" within {}s, retry {}, backoff {least}s..{most}s",
            self.within_s, self.retry
        );
        for (pool, is_parted) in &self.pools {
            let part = if *is_parted { "(c)" } else { "" };
            write!(text, ", pool {}{part}", pools[*pool].name).expect("memory takes all");
        }
        if let Some(most) = self.batch {
            write!(text, ", batch {most}").expect("memory takes all");
        }
        text += if self.is_detached { ", detached" } else { "" };
        text += if self.is_newest_first { ", priority d" } else { "" };
        text + "."
    }
}
