//! The commands that look into a store: `tests/store/commands.txt`. A block's input is a session
//! in a folder with a store in `owed-data`, which is open all the while: `$ owed …` runs the
//! program (`RULES` is `tests/cli/small.rules`), `$ cat FILE` and `$ mv FILE FILE` are what they
//! are, and `> …` is SQL that somebody runs on the database.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use owed::feed::{Line, OverSources, Vocabulary, parse_line};
use owed::store::Store;
use rusqlite::Connection;

use super::common::golden;
use super::world::{moment, open, program, record};

#[test]
fn what_the_commands_say() {
    golden::run(Path::new("tests/store/commands.txt"), session).expect("all is as expected");
}

fn session(input: &str) -> String {
    let folder = tempfile::tempdir().expect("there is room");
    let _store = fill(folder.path());
    let mut out = String::new();
    for line in input.lines() {
        if let Some(sql) = line.strip_prefix("> ") {
            let database = folder.path().join("owed-data/owed.db");
            let database = Connection::open(database).expect("it is there");
            database.execute_batch(sql).expect("it is SQL");
            continue;
        }
        out += &format!("{line}\n");
        let words = shlex::split(line).expect("it is a command line");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        out += &match words.as_slice() {
            ["$", "cat", file] => {
                fs::read_to_string(folder.path().join(file)).expect("it is there")
            }
            ["$", "mv", from, to] => {
                let to = folder.path().join(to);
                fs::create_dir_all(to.parent().expect("below the folder")).expect("there is room");
                fs::rename(folder.path().join(from), to).expect("it is there");
                String::new()
            }
            ["$", "owed", arguments @ ..] => shown(&owed(folder.path(), arguments, None)),
            ["$", setting, "owed", arguments @ ..] => {
                shown(&owed(folder.path(), arguments, setting.split_once('=')))
            }
            _ => panic!("{line}"),
        };
    }
    out
}

/// Two campaigns over three days; a file came, a result, and the file went again.
fn fill(folder: &Path) -> Store {
    let rules = fs::read_to_string("tests/cli/small.rules").expect("it is there");
    let schema = program(&rules).schema;
    let mut store = open(&folder.join("owed-data"), &schema);
    let vocabulary = Vocabulary::new(&schema, OverSources::Allowed);
    let lines = [
        "+campaign(\"501\")",
        "+campaign(\"502\")",
        "+wanted(2026-03-25, 2026-03-26)",
        "+csv_file(\"501\", 2026-03-25, 17)",
        "+results_rows(\"501\", 2026-03-25, 5)",
        "-csv_file(\"501\", _, _)",
    ];
    for (minute, line) in (1..).zip(lines) {
        let Ok(Line::Change(change)) = parse_line(line, &vocabulary) else { panic!("{line}") };
        store.commit(&[record(moment(minute), vec![change])]).expect("there is room");
    }
    store
}

fn owed(folder: &Path, arguments: &[&str], setting: Option<(&str, &str)>) -> Output {
    let rules = fs::canonicalize("tests/cli/small.rules").expect("it is there");
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.env_remove("CLICOLOR_FORCE").env_remove("OWED_DATA").envs(setting);
    for argument in arguments {
        match *argument {
            "RULES" => command.arg(&rules),
            other => command.arg(other),
        };
    }
    command.current_dir(folder).output().expect("it is built")
}

/// What it said, and its exit code if that is not 0.
fn shown(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let text = text + &String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => text,
        code => format!("{text}? {}\n", code.expect("nobody kills it")),
    }
}
