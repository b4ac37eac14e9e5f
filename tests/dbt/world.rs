//! A copy of the example, with a server that works in it.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::postgres::Postgres;
use super::served::Served;

/// dbt takes its time, on a busy machine more than once.
const LIMIT: Duration = Duration::from_secs(300);

/// The program, with its clock wound faster.
const FASTER: [(&str, &str); 2] = [("every 1m", "every 1s"), ("backoff 1m..30m", "backoff 1s..2s")];

/// What of the folder beside the program is copied.
const FILES: [&str; 4] = ["dbt/bin", "dbt/shop", "dbt/shop/models", "dbt/shop/macros"];

pub struct World(Served);

impl World {
    pub fn start(postgres: &Postgres, dbt: &Path) -> World {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let own = dbt.parent().expect("it is in a folder").to_path_buf();
        let path = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&path)));
        World(Served::start("dbt", &FASTER, &FILES, LIMIT, |command| {
            command.env("PATH", path.expect("a path")).env("WAREHOUSE", postgres.url());
            command.envs(variables(&postgres.url()));
        }))
    }

    /// Until these models are as they should be for these days.
    pub fn until_met(&self, all: &[(&str, &str)]) {
        for (model, day) in all {
            self.until(&format!("{model} of {day}"), || {
                let state = format!("made.state(\"{model}\", {day}, \"ok\")");
                self.owed(&["list", "made.state", model]).contains(&state)
            });
        }
    }

    /// Gives what it was.
    pub fn break_model(&self, name: &str) -> String {
        let path = self.path(&format!("dbt/shop/models/{name}.sql"));
        let text = fs::read_to_string(&path).expect("it is there");
        fs::write(path, text.replace("select ", "select nonsense, ")).expect("there is room");
        text
    }

    pub fn mend_model(&self, name: &str, text: &str) {
        let path = self.path(&format!("dbt/shop/models/{name}.sql"));
        fs::write(path, text).expect("there is room");
    }
}

impl Deref for World {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

/// Where dbt is, if it is there.
pub fn dbt() -> Option<PathBuf> {
    if let Some(own) = std::env::var_os("OWED_DBT") {
        return Some(PathBuf::from(own));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join("dbt")).find(|dbt| dbt.is_file())
}

/// A URL in the variables that psql and others go by.
fn variables(url: &str) -> [(&'static str, String); 5] {
    let said = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let parts: Vec<String> = url.split([':', '/', '@']).map(said).collect();
    let [_, _, _, user, password, host, port, database] = parts.try_into().expect("a whole URL");
    [
        ("PGHOST", host),
        ("PGPORT", port),
        ("PGUSER", user),
        ("PGPASSWORD", password),
        ("PGDATABASE", database),
    ]
}
