//! Programs from a text, their sources read, and their tasks run, as a server does it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use owed::compile::compile;
use owed::feed::{Line, OverSources, Vocabulary, parse_line};
use owed::model::{Change, Row};
use owed::program::Program;
use owed::runtime::process::{Guard, Labels, Refused};
use owed::runtime::{Ended, Place, ProcessExit, Run, Runner, read_source};
use tokio::runtime::Runtime;

/// A program from its text, which has no mistakes.
pub fn program(text: &str) -> Program {
    let compiled = compile(Path::new("test.rules"), &mut |_| Ok(text.as_bytes().to_vec()));
    let messages: Vec<&str> = compiled.diagnostics.iter().map(|one| &*one.message).collect();
    compiled.program.unwrap_or_else(|| panic!("{messages:?} in\n{text}"))
}

pub fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// The rows of a source, a line a row, or why there are none. The relation is as it is declared.
pub fn read(declared: &str, url: &str, query: &str, folder: &Path) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("text is JSON");
    let from = format!("sql {} {} every 5m", quoted(url), quoted(query));
    read_from(declared, &from, folder)
}

/// The same, from any source.
pub fn read_from(declared: &str, from: &str, folder: &Path) -> String {
    let program = program(&format!("input {declared} from {from}."));
    let name = declared.split('(').next().expect("it has a name");
    let relation = program.schema.find(name).expect("it is declared");
    match runtime().block_on(read_source(relation, &Place::new(folder))) {
        Ok(reading) => reading.rows.iter().map(|row| shown(row) + "\n").collect(),
        Err(error) => error.to_string(),
    }
}

fn shown(row: &Row) -> String {
    row.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Runs what a goal's action, or its check, is, for these instances.
pub struct Tasks {
    pub program: Program,
    pub runner: Runner,
    pub runtime: Runtime,
}

impl Tasks {
    /// Of a goal `g(c: text, d: date, n: int)`, with these clauses.
    pub fn new(clauses: &str) -> Tasks {
        let program = program(&format!(
            "observe seen(c: text, d: date, n: int).\n\
             goal g(c: text, d: date, n: int) {{\n ok :- seen(c, d, n).\n {clauses}\n}}"
        ));
        let guard = Guard::start(Path::new(env!("CARGO_BIN_EXE_owed")), &["guard"]);
        let runner = Runner::new(Arc::new(guard.expect("the program is built")));
        Tasks { program, runner, runtime: runtime() }
    }

    pub fn act(&self, instances: &[&str], folder: &Path) -> Ended {
        self.begin_to_act(instances, folder).unwrap_or_else(|refused| panic!("{refused}"))
    }

    /// The end of an action, or why it is not run.
    pub fn begin_to_act(&self, instances: &[&str], folder: &Path) -> Result<Ended, Refused> {
        let action = self.program.goals[0].action.as_ref().expect("it has one");
        let labels = Labels { goal: Some("g"), attempt: Some(1), key: Some("k3y"), source: None };
        let is_batch = action.batch.is_some();
        let run = Run {
            task: &action.task,
            parameters: &self.program.goals[0].parameters,
            instances: &self.rows(instances),
            is_batch,
            labels,
            environment: &action.environment,
            folder,
        };
        let _entered = self.runtime.enter();
        let (stopper, end) = self.runner.begin(run)?;
        let ended = self.runtime.block_on(end);
        drop(stopper);
        Ok(ended)
    }

    pub fn look(&self, instances: &[&str]) -> Ended {
        let goal = &self.program.goals[0];
        let check = goal.check.as_ref().expect("it has one");
        let run = Run {
            task: &check.task,
            parameters: &goal.parameters,
            instances: &self.rows(instances),
            is_batch: check.batch.is_some() || !check.task.names_instance(),
            labels: Labels { goal: Some("g"), ..Labels::default() },
            environment: &check.environment,
            folder: Path::new("."),
        };
        let _entered = self.runtime.enter();
        let (stopper, end) = self.runner.begin(run).unwrap_or_else(|refused| panic!("{refused}"));
        let ended = self.runtime.block_on(end);
        drop(stopper);
        ended
    }

    pub fn rows(&self, instances: &[&str]) -> Vec<Row> {
        let vocabulary = Vocabulary::new(&self.program.schema, OverSources::Refused);
        let read = |line: &&str| match parse_line(&format!("+g({line})"), &vocabulary) {
            Ok(Line::Change(Change::Insert { row, .. })) => row,
            other => panic!("{line} is {other:?}"),
        };
        instances.iter().map(read).collect()
    }
}

/// Why it failed.
pub fn why(ended: &Ended) -> &str {
    match &ended.exit {
        ProcessExit::Failed(why) => why,
        other => panic!("it has not failed: {other:?}"),
    }
}

pub fn is_done(ended: &Ended) -> bool {
    ended.exit == ProcessExit::Code(0)
}

/// Waits for something that must happen.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Nothing that these tests wait for takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(60);
