//! The lines of a story, one after the other.
//!
//! - `rules NAME at TIME [observe only]`: a server of `NAME.rules` is started;
//! - `so FACT`, `not so FACT`: the world changes, and nobody is told;
//! - `tell LINE & LINE`: somebody tells the server, in one transaction;
//! - `action GOAL [takes D] (exit N ["…"] | hangs [on|and gives up]) [prints LINE] [makes FACT]`;
//! - `check GOAL (honest | later D | exit N ["…"] | hangs [and gives up] | floods |
//!   prints TEXT)`;
//! - `waive INSTANCE until TIME`, `retry INSTANCE`, `pause|resume GOAL|pool P`;
//! - `until TIME`: time passes; `close`, `crash`, `start`: the server;
//! - `watch REL…`: their changes are written; `looks`: looks are, too;
//! - `list REL`: its rows; `missing GOAL`: how many of it are missing;
//! - `many N REL`: `N` facts of a relation of one text are told, as one transaction;
//! - `quiet`: nothing is written but what is asked for; `acts`: how many actions were begun.

use std::path::Path;

use owed::model::{Duration, Timestamp, Value};
use owed::reconcile::Mode;
use owed::runtime::{Pausable, Request};

use crate::world::manners::{ActionEnd, ActionManner, CheckManner};
use crate::world::stage::{Stage, instance};

/// Plays a story and gives what was written down.
pub fn play(input: &str, folder: &Path) -> String {
    let mut stage: Option<Stage> = None;
    for line in input.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, &mut stage) {
            ("//", _) => {}
            ("rules", _) => stage = Some(begin(rest, folder)),
            (_, Some(stage)) => step(stage, word, rest.trim()),
            (_, None) => panic!("a story begins with its rules: {line}"),
        }
    }
    stage.map(|stage| stage.trace).unwrap_or_default()
}

fn begin(rest: &str, folder: &Path) -> Stage {
    let (rest, mode) = match rest.strip_suffix(" observe only") {
        Some(rest) => (rest, Mode::ObserveOnly),
        None => (rest, Mode::Act),
    };
    let (name, now) = rest.split_once(" at ").expect("rules NAME at TIME");
    Stage::new(&folder.join(format!("{name}.rules")), time(now), mode)
}

fn step(stage: &mut Stage, word: &str, rest: &str) {
    match word {
        "so" => {
            let fact = stage.fact(rest);
            stage.truth.insert(fact);
        }
        "not" => {
            let fact = stage.fact(rest.strip_prefix("so ").expect("not so FACT"));
            assert!(stage.truth.remove(&fact), "{rest}: it was not so before");
        }
        "tell" => stage.tell(&rest.split(" & ").map(str::to_string).collect::<Vec<String>>()),
        "action" => {
            let (goal, manner) = rest.split_once(' ').expect("action GOAL …");
            stage.actions.insert(goal.to_string(), action(manner));
        }
        "check" => {
            let (goal, manner) = rest.split_once(' ').expect("check GOAL …");
            stage.checks.insert(goal.to_string(), check(manner));
        }
        "until" => stage.run_until(time(rest)),
        "close" => {
            stage.note("close");
            stage.close();
        }
        "crash" => {
            stage.note("crash");
            stage.crash();
        }
        "start" => {
            stage.note("start");
            stage.start();
        }
        "looks" => stage.shows_looks = true,
        "watch" => {
            let find = |name: &str| stage.loaded.program.schema.find(name).expect("a relation").id;
            stage.watched = rest.split(' ').map(find).collect();
            let watched = stage.watched.clone();
            if let Some(machine) = &mut stage.machine {
                machine.listen(&watched);
            }
        }
        "list" => {
            let rows = stage.rows(rest);
            if rows.is_empty() {
                stage.note(&format!("no {rest}"));
            }
            for row in rows {
                stage.note(&instance(rest, &row));
            }
        }
        "missing" => {
            let rows = stage.rows(&format!("{rest}.missing")).len();
            stage.say(&format!("{rows} {rest} missing"));
        }
        "many" => {
            let (number, relation) = rest.split_once(' ').expect("many N REL");
            let number: u32 = number.parse().expect("a number");
            let lines: Vec<String> =
                (0..number).map(|at| format!("+{relation}(\"{at:03}\")")).collect();
            stage.tell(&lines);
        }
        "quiet" => stage.is_quiet = true,
        "acts" => {
            let acts = stage.acts;
            stage.say(&format!("{acts} actions begun"));
        }
        "waive" | "retry" | "pause" | "resume" => stage_ask(stage, word, rest),
        _ => panic!("no story has {word:?}"),
    }
}

fn stage_ask(stage: &mut Stage, word: &str, rest: &str) {
    match word {
        "waive" => {
            let (of, until) = rest.split_once(" until ").expect("waive INSTANCE until TIME");
            let (goal, pattern) = pattern(stage, of);
            let (until, reason) = (time(until), "nobody reads it".to_string());
            stage.ask(Request::Waive { goal, pattern, until, reason });
        }
        "retry" => {
            let (goal, pattern) = pattern(stage, rest);
            stage.ask(Request::Retry { goal, pattern });
        }
        "pause" => stage.ask(Request::Pause(pausable(rest))),
        "resume" => stage.ask(Request::Resume(pausable(rest))),
        _ => panic!("{word:?} asks for nothing"),
    }
}

fn pausable(text: &str) -> Pausable {
    match text.strip_prefix("pool ") {
        Some(pool) => Pausable::Pool(pool.to_string()),
        None => Pausable::Goal(text.to_string()),
    }
}

fn pattern(stage: &Stage, text: &str) -> (owed::model::RelationId, Vec<Option<Value>>) {
    let line = format!("-{text}");
    let vocabulary = owed::runtime::vocabulary(&stage.loaded.program);
    match owed::feed::parse_line(&line, &vocabulary) {
        Ok(owed::feed::Line::Change(owed::model::Change::Delete { relation, pattern })) => {
            (relation, pattern)
        }
        other => panic!("{text}: {other:?}"),
    }
}

fn action(text: &str) -> ActionManner {
    let mut manner = ActionManner::default();
    let (text, makes) = match text.split_once(" makes ") {
        Some((text, fact)) => (text, vec![fact.to_string()]),
        None => (text, Vec::new()),
    };
    manner.makes = makes;
    let (text, prints) = text.split_once(" prints ").unwrap_or((text, ""));
    manner.prints = prints.to_string();
    let text = match text.strip_prefix("takes ") {
        Some(rest) => {
            let (takes, rest) = rest.split_once(' ').expect("takes D …");
            manner.takes = duration(takes);
            rest
        }
        None => text,
    };
    manner.end = match text {
        "hangs" => ActionEnd::Hangs,
        "hangs on" => ActionEnd::HangsOn,
        "hangs and gives up" => ActionEnd::GivesUp,
        _ => {
            let (code, complaint) = exit(text);
            ActionEnd::Exit(code, complaint)
        }
    };
    manner
}

fn check(text: &str) -> CheckManner {
    match text.split_once(' ').unwrap_or((text, "")) {
        ("honest", _) => CheckManner::Honest,
        ("hangs", "and gives up") => CheckManner::GivesUp,
        ("hangs", _) => CheckManner::Hangs,
        ("floods", _) => CheckManner::Floods,
        ("later", delay) => CheckManner::Later(duration(delay)),
        ("prints", output) => CheckManner::Prints(output.replace("\\n", "\n")),
        ("exit", _) => {
            let (code, complaint) = exit(text);
            CheckManner::Exit(code, complaint)
        }
        _ => panic!("no check does {text:?}"),
    }
}

fn exit(text: &str) -> (i32, String) {
    let rest = text.strip_prefix("exit ").unwrap_or_else(|| panic!("exit N: {text}"));
    let (code, complaint) = rest.split_once(' ').unwrap_or((rest, ""));
    (code.parse().expect("a number"), complaint.trim_matches('"').to_string())
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text.trim()).unwrap_or_else(|why| panic!("{text}: {why:?}"))
}

fn duration(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: i64 = number.parse().expect("a number");
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => panic!("no unit: {text}"),
    };
    Duration::from_seconds(number * seconds).expect("it is short")
}
