//! A copy of the example, with a server that works in it.

use std::fs;
use std::ops::Deref;
use std::time::Duration;

use super::airflow::{Airflow, TOKEN};
use super::served::Served;

const LIMIT: Duration = Duration::from_secs(60);

/// The program, with its clock wound faster.
const FASTER: [(&str, &str); 3] = [
    ("every 10s", "every 200ms"),
    ("within 1m", "within 1s"),
    ("backoff 10s..30m", "backoff 100ms..500ms"),
];

/// What of the folder beside the program is copied.
const FILES: [&str; 3] = ["airflow", "airflow/bin", "airflow/warehouse/sales/dt=2026-03-23"];

pub struct World(Served);

impl World {
    pub fn start(airflow: &str) -> World {
        World::start_with(airflow, TOKEN)
    }

    pub fn start_with(airflow: &str, token: &str) -> World {
        World(Served::start("airflow", &FASTER, &FILES, LIMIT, |command| {
            command.env("AIRFLOW", airflow).env("AIRFLOW_TOKEN", token);
        }))
    }

    /// A run makes its day of the table, and only then says that it has ended.
    pub fn finish(&self, airflow: &Airflow, day: &str) {
        let path = self.path(&format!("airflow/warehouse/sales/dt={day}/_SUCCESS"));
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, "").expect("there is room");
        let there = format!("sales({day})");
        self.until("the day is seen", || self.rows("sales").contains(&there));
        airflow.set_state(day, "success");
    }

    pub fn want_to(&self, day: &str) {
        let text = format!("from,to\n2026-03-23,{day}\n");
        fs::write(self.path("airflow/wanted.csv"), text).expect("there is room");
    }

    pub fn rows(&self, relation: &str) -> Vec<String> {
        self.owed(&["list", relation]).lines().map(str::to_string).collect()
    }

    /// Until nothing that is wanted is missing.
    pub fn settle(&self) {
        self.owed(&["wait", "made", "--timeout", "60s"]);
    }
}

impl Deref for World {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

/// Whether the machine has them; what it lacks is said.
pub fn has_commands(names: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = |name: &&&str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    let lacking: Vec<&&str> = names.iter().filter(|name| !has(name)).collect();
    if !lacking.is_empty() {
        eprintln!("SKIPPED: not installed: {lacking:?}");
    }
    lacking.is_empty()
}
