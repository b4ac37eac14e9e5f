//! From a rule's command and an instance to words, environment and input.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use owed::feed::{Line, OverSources, Vocabulary, parse_line};
use owed::model::{Change, Command, Row, Task};
use owed::program::Program;
use owed::runtime::process::{
    Job, Labels, Launch, PASSED_ON, argument_vector, asks_for_parameters, environment,
};

use super::golden;
use super::world::program;

/// A block's first line is the command as a rule has it; then come the instances.
#[test]
fn commands_become_words() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/process/arguments.txt");
    let outcome = golden::run(&path, |input| {
        let (command, facts) = input.split_once('\n').unwrap_or((input, ""));
        let program = program(&rules(command));
        let goal = &program.goals[0];
        let check = goal.check.as_ref().expect("the goal has one");
        let rows = rows(&program, facts);
        let command = command_of(&check.task);
        let mut out = match asks_for_parameters(command, &goal.parameters) {
            true => "for each instance\n".to_string(),
            false => "once for all\n".to_string(),
        };
        match argument_vector(command, &goal.parameters, &rows) {
            Ok(words) => words.iter().for_each(|word| writeln!(out, "{word:?}").expect("memory")),
            Err(refused) => writeln!(out, "refused: {refused}").expect("memory"),
        }
        out
    });
    outcome.unwrap_or_else(|differences| panic!("{differences}"));
}

fn rules(command: &str) -> String {
    format!(
        "observe seen(c: text, d: date, n: int, t: time).\n\
         goal g(c: text, d: date, n: int, t: time) {{\n\
         ok :- seen(c, d, n, t).\n\
         check {command} every 1m.\n\
         }}"
    )
}

fn command_of(task: &Task) -> &Command {
    match task {
        Task::Command(command) => command,
        Task::Sql(_) | Task::Http(_) => panic!("the rules say a command"),
    }
}

fn rows(program: &Program, facts: &str) -> Vec<Row> {
    let vocabulary = Vocabulary::new(&program.schema, OverSources::Refused);
    let read = |line| match parse_line(line, &vocabulary) {
        Ok(Line::Change(Change::Insert { row, .. })) => row,
        other => panic!("{line} is {other:?}"),
    };
    facts.lines().map(read).collect()
}

const INSTANCE: &str = r#"+g("a \"b\"", 2026-03-25, -7, 2026-03-25T08:00Z)"#;

fn launch(command: &str, labels: Labels<'_>, facts: &str, folder: &str) -> Launch {
    let program = program(&rules(command));
    let goal = &program.goals[0];
    let check = goal.check.as_ref().expect("the goal has one");
    Launch::new(&Job {
        command: command_of(&check.task),
        parameters: &goal.parameters,
        instances: &rows(&program, facts),
        labels,
        environment: &check.environment,
        folder: Path::new(folder),
    })
    .expect("nothing in it is refused")
}

fn variable(launch: &Launch, name: &str) -> Option<OsString> {
    let of_name = launch.environment.iter().rev().find(|(one, _)| one == name);
    of_name.map(|(_, value)| value.clone())
}

#[test]
fn the_input_is_an_object_a_line() {
    let facts = format!("{INSTANCE}\n+g(\"x\", 2026-03-26, 8, 2026-03-26T08:00Z)");
    let launch = launch("\"bin/look\"", Labels::default(), &facts, "");
    let expected = [
        r#"{"c":"a \"b\"","d":"2026-03-25","n":-7,"t":"2026-03-25T08:00Z"}"#,
        r#"{"c":"x","d":"2026-03-26","n":8,"t":"2026-03-26T08:00Z"}"#,
    ];
    let lines = String::from_utf8(launch.input).expect("JSON");
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
    assert!(lines.ends_with('\n'));
}

#[test]
fn a_program_with_a_slash_lies_where_the_rules_do() {
    let program = |command: &str, folder: &str| {
        launch(command, Labels::default(), INSTANCE, folder).program.into_string().expect("UTF-8")
    };
    assert_eq!(program("\"bin/look\"", "/srv/rules"), "/srv/rules/bin/look");
    assert_eq!(program("\"/opt/look\"", "/srv/rules"), "/opt/look");
    assert_eq!(program("\"look\"", "/srv/rules"), "look");
    let here = std::env::current_dir().expect("there is one").display().to_string();
    assert_eq!(program("\"bin/look\"", ""), format!("{here}/bin/look"));
    assert_eq!(program("\"bin/look\"", "rules"), format!("{here}/rules/bin/look"));
}

#[test]
fn the_environment_is_a_short_list() {
    let labels = Labels { goal: Some("g"), attempt: Some(3), key: Some("c0ffee"), source: None };
    // Cargo sets these two for every test.
    let launch = launch("sh \"look $owed_c\" env (CARGO_MANIFEST_DIR)", labels, INSTANCE, "");
    for (name, _) in &launch.environment {
        let name = name.to_str().expect("UTF-8");
        let is_ours = name.starts_with("OWED_") || name.starts_with("owed_");
        let is_passed = PASSED_ON.contains(&name) || name.starts_with("LC_");
        assert!(is_ours || is_passed || name == "CARGO_MANIFEST_DIR", "{name}");
    }
    let says = |name: &str| variable(&launch, name).map(|value| value.into_string().expect("text"));
    assert_eq!(says("CARGO_PKG_NAME"), None);
    assert_eq!(says("CARGO_MANIFEST_DIR").as_deref(), Some(env!("CARGO_MANIFEST_DIR")));
    assert_eq!(variable(&launch, "PATH"), std::env::var_os("PATH"));
    assert_eq!(says("OWED_GOAL").as_deref(), Some("g"));
    assert_eq!(says("OWED_ATTEMPT").as_deref(), Some("3"));
    assert_eq!(says("OWED_KEY").as_deref(), Some("c0ffee"));
    assert_eq!(says("owed_c").as_deref(), Some("a \"b\""));
    assert_eq!(says("owed_d").as_deref(), Some("2026-03-25"));
    assert_eq!(says("owed_n").as_deref(), Some("-7"));
    assert_eq!(says("owed_t").as_deref(), Some("2026-03-25T08:00Z"));
}

#[test]
fn what_a_command_may_not_see_is_not_there() {
    let facts = format!("{INSTANCE}\n{INSTANCE}");
    let labels = Labels { goal: Some("g"), ..Labels::default() };
    let launch = launch("sh \"look\" env (NOT_SET_ANYWHERE) batch 2", labels, &facts, "");
    for name in ["NOT_SET_ANYWHERE", "OWED_ATTEMPT", "OWED_KEY", "owed_c"] {
        assert_eq!(variable(&launch, name), None, "{name}");
    }
}

#[test]
fn only_a_shell_has_values_in_its_environment() {
    let launch = launch("\"look {c}\"", Labels::default(), INSTANCE, "");
    assert_eq!(variable(&launch, "owed_c"), None);
}

#[test]
fn no_environment_holds_nul() {
    let program = program(&rules("sh \"echo $owed_c\""));
    let rows = rows(&program, "+g(\"a\\u0000b\", 2026-03-25, 1, 2026-03-25T08:00Z)");
    let refused = environment(Labels::default(), &[], &program.goals[0].parameters, &rows);
    let said = refused.expect_err("it holds NUL").to_string();
    assert_eq!(said, "the value \"a\\u0000b\" of \"c\" holds NUL");
}
