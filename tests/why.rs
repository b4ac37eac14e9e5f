//! Explanations as people read them. A block of a golden file opens with a sentence; then come a
//! program, what is so, what is asked, `---`, and the answers. `UPDATE=1 cargo test --test why`
//! rewrites the files. Lines under the program: `@ TIME` is now; `+fact` and `-fact`;
//! `~ INSTANCE NAME TEXT` is what a running server would know; `? INSTANCE`, `? roots`, and either
//! behind `json`, ask; `limit N` is how many instances of a need are shown.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use owed::compile::compile;
use owed::engine::Engine;
use owed::feed::{Line, OverSources, Vocabulary, parse_line};
use owed::model::{RelationId, Row, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};
use owed::program::Program;
use owed::why::{
    InFlight, Instance, Limits, Live, World, explain, explanation_json, find_roots, readable,
    roots_json, write_explanation, write_roots,
};

#[test]
fn explanations() {
    let entries = std::fs::read_dir("tests/why").expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder reads").path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension() == Some("txt".as_ref())).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no golden files");
    for path in paths {
        common::golden::run(&path, answers).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// What is asked of a world, and what is so in it.
struct Play<'a> {
    program: &'a Program,
    engine: Engine,
    now: Timestamp,
    live: BTreeMap<(String, Row), Live>,
    limits: Limits,
}

fn answers(input: &str) -> String {
    let is_script = |line: &&str| {
        let begins = ["@ ", "+", "-", "~ ", "? ", "limit "];
        begins.iter().any(|begin| line.starts_with(begin))
    };
    let (script, rules): (Vec<&str>, Vec<&str>) = input.lines().partition(is_script);
    let text = rules.join("\n");
    let compiled = compile(Path::new("input.rules"), &mut |_| Ok(text.clone().into()));
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let demand = Demand { watched: Vec::new(), readable: readable(&program) };
    let mut play = Play {
        program: &program,
        engine: Engine::new(plan(&program, &demand), 1),
        now: Timestamp::MIN,
        live: BTreeMap::new(),
        limits: Limits { instances: 20 },
    };
    let answers: Vec<String> = script.iter().filter_map(|line| play.line(line)).collect();
    answers.join("\n")
}

impl Play<'_> {
    fn line(&mut self, line: &str) -> Option<String> {
        if let Some(moment) = line.strip_prefix("@ ") {
            self.now = Timestamp::parse(moment).expect("a time");
            self.apply(None);
        } else if let Some(known) = line.strip_prefix("~ ") {
            self.know(known);
        } else if let Some(limit) = line.strip_prefix("limit ") {
            self.limits.instances = limit.parse().expect("a number");
        } else if let Some(question) = line.strip_prefix("? ") {
            return Some(self.answer(question));
        } else {
            self.apply(Some(line));
        }
        None
    }

    fn apply(&mut self, line: Option<&str>) {
        let vocabulary = Vocabulary::new(&self.program.schema, OverSources::Allowed);
        let changes = line.map(|line| match parse_line(line, &vocabulary) {
            Ok(Line::Change(change)) => change,
            other => panic!("{line}: {other:?}"),
        });
        let changes = changes.into_iter().collect();
        self.engine.apply(Transaction { now: self.now, changes }).expect("it fits");
    }

    /// `INSTANCE NAME TEXT`
    fn know(&mut self, line: &str) {
        let (instance, rest) = line.split_once(") ").expect("an instance and more");
        let instance = Instance::parse(self.program, &format!("{instance})")).expect("one");
        let (name, text) = rest.split_once(' ').expect("a name and a text");
        let moment = |text: &str| Timestamp::parse(text).expect("a time");
        let live = self.live.entry((instance.goal, instance.row)).or_default();
        match name {
            "looked" => live.looked = Some(moment(text)),
            "look_failure" => live.look_failure = Some(text.to_string()),
            "looking_since" => live.looking_since = Some(moment(text)),
            "next_look" => live.next_look = Some(moment(text)),
            "next_try" => live.next_try = Some(moment(text)),
            "obstacle" => live.obstacle = Some(text.to_string()),
            "in_flight" => {
                let (since, until) = text.split_once(' ').expect("two times");
                let (since, until) = (moment(since), moment(until));
                live.in_flight = Some(InFlight { since, until, pid: Some(4711) });
            }
            other => panic!("a server knows no {other}"),
        }
    }

    fn answer(&mut self, question: &str) -> String {
        let (question, is_json) = match question.strip_suffix(" json") {
            Some(question) => (question, true),
            None => (question, false),
        };
        let (engine, live) = (&mut self.engine, &self.live);
        let rows = &mut |relation: RelationId, prefix: &[Value]| engine.rows(relation, prefix);
        let live = &mut |goal: &str, row: &Row| live.get(&(goal.to_string(), row.clone())).cloned();
        let world = World { program: self.program, now: self.now, rows, live };
        if question == "roots" {
            let roots = find_roots(world);
            return match is_json {
                true => pretty(&roots_json(&roots, self.program)),
                false => write_roots(&roots, self.limits.instances),
            };
        }
        let instance = match Instance::parse(self.program, question) {
            Ok(instance) => instance,
            Err(mistake) => return format!("{mistake}\n"),
        };
        let explanation = explain(world, &instance, self.limits);
        match is_json {
            true => pretty(&explanation_json(&explanation, self.program)),
            false => write_explanation(&explanation),
        }
    }
}

fn pretty(json: &serde_json::Value) -> String {
    serde_json::to_string_pretty(json).expect("it is JSON") + "\n"
}
