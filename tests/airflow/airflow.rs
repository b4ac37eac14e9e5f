//! What stands in for Airflow.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::web::{Seen, Web, reply};

pub const TOKEN: &str = "t0ken-of-airflow";

/// A server with one DAG, `sales`.
pub struct Airflow {
    web: Web,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// As the API shows them, the oldest first.
    runs: Vec<Value>,
    /// The days for which runs were posted.
    posted: Vec<String>,
    /// Requests that an Airflow would refuse, but for those of strangers.
    refused: Vec<String>,
}

const RUNS: &str = "/api/v1/dags/sales/dagRuns";

/// What whoever starts a run may say of it: all else is read only, or unknown.
const WRITABLE: [&str; 7] = [
    "dag_run_id",
    "logical_date",
    "execution_date",
    "data_interval_start",
    "data_interval_end",
    "conf",
    "note",
];

impl Airflow {
    pub fn start() -> Airflow {
        let state = Arc::new(Mutex::new(State::default()));
        let of_web = state.clone();
        let web = Web::start(move |seen| answer(&mut of_web.lock().expect("no panic"), seen));
        Airflow { web, state }
    }

    pub fn url(&self) -> String {
        self.web.url("")
    }

    pub fn days_posted(&self) -> Vec<String> {
        self.state.lock().expect("no panic").posted.clone()
    }

    pub fn refused(&self) -> Vec<String> {
        self.state.lock().expect("no panic").refused.clone()
    }

    /// The last run for a day goes on.
    pub fn set_state(&self, day: &str, state: &str) {
        let mut held = self.state.lock().expect("no panic");
        let of_day = |run: &&mut Value| run["conf"]["day"] == day;
        let run = held.runs.iter_mut().rev().find(of_day).expect("there is a run for it");
        run["state"] = json!(state);
    }

    /// Somebody else starts a run.
    pub fn start_by_hand(&self, day: &str) {
        let mut held = self.state.lock().expect("no panic");
        let run = run(&json!({"conf": {"day": day}}));
        held.runs.push(run);
    }
}

fn answer(state: &mut State, seen: &Seen) -> String {
    if header(seen, "authorization") != Some(&format!("Bearer {TOKEN}")) {
        return problem("401 Unauthorized", "Unauthorized");
    }
    let (method, target) = seen.line.split_once(' ').expect("a method and a target");
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let answered = match (method, path) {
        ("POST", RUNS) => post(state, seen),
        ("GET", RUNS) => list(state, query),
        _ => Err(("404 Not Found", format!("there is no {target}"))),
    };
    answered.unwrap_or_else(|(status, detail)| {
        state.refused.push(format!("{}: {detail}", seen.line));
        problem(status, &detail)
    })
}

/// The value of a header, however its name is written: curl begins names with capitals.
fn header<'s>(seen: &'s Seen, name: &str) -> Option<&'s str> {
    let headers = seen.headers.iter().filter_map(|header| header.split_once(": "));
    let mut values = headers.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value)
}

type Answer = Result<String, (&'static str, String)>;

fn post(state: &mut State, seen: &Seen) -> Answer {
    let bad = |detail: String| ("400 Bad Request", detail);
    if header(seen, "content-type") != Some("application/json") {
        return Err(("415 Unsupported Media Type", "expected application/json".to_string()));
    }
    let body: Value = serde_json::from_str(&seen.body).map_err(|error| bad(error.to_string()))?;
    let fields = body.as_object().ok_or_else(|| bad("expected an object".to_string()))?;
    if let Some(name) = fields.keys().find(|name| !WRITABLE.contains(&name.as_str())) {
        return Err(bad(format!("additional property {name}")));
    }
    if fields.get("conf").is_some_and(|conf| !conf.is_object()) {
        return Err(bad("conf is no object".to_string()));
    }
    let made = run(&body);
    if state.runs.iter().any(|run| run["dag_run_id"] == made["dag_run_id"]) {
        let id = &made["dag_run_id"];
        return Err(("409 Conflict", format!("DAGRun with DAG ID sales and {id} already exists")));
    }
    state.posted.push(made["conf"]["day"].as_str().unwrap_or_default().to_string());
    state.runs.push(made.clone());
    Ok(reply("200 OK", &made.to_string()))
}

/// The latest first, as they are asked for.
fn list(state: &State, query: &str) -> Answer {
    let mut runs: Vec<&Value> = state.runs.iter().collect();
    let mut limit = 100;
    for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
        match (name, value) {
            ("limit", value) => limit = value.parse().expect("a number"),
            ("order_by", "-start_date") => runs.reverse(),
            other => return Err(("400 Bad Request", format!("unknown parameter {other:?}"))),
        }
    }
    runs.truncate(limit);
    let listed = json!({"dag_runs": runs, "total_entries": state.runs.len()});
    Ok(reply("200 OK", &listed.to_string()))
}

/// A run as it is when it was just triggered.
fn run(asked: &Value) -> Value {
    let moment = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
    let id = asked["dag_run_id"].as_str().map(str::to_string);
    json!({
        "dag_run_id": id.unwrap_or_else(|| format!("manual__{moment}")),
        "dag_id": "sales",
        "logical_date": asked["logical_date"].as_str().unwrap_or(&moment),
        "start_date": Value::Null,
        "end_date": Value::Null,
        "run_type": "manual",
        "state": "queued",
        "external_trigger": true,
        "conf": asked["conf"].as_object().cloned().unwrap_or_default(),
        "note": asked["note"],
    })
}

fn problem(status: &str, detail: &str) -> String {
    let (code, title) = status.split_once(' ').expect("a code and its title");
    let code: u16 = code.parse().expect("a number");
    reply(status, &json!({"status": code, "title": title, "detail": detail}).to_string())
}
