//! Changed rules over facts: `tests/store/rules.txt`. A block's input is a session: lines of
//! rules are the program from the next `open` on, which opens the store and prints what became
//! of its facts; lines of a feed are transactions, a minute each; `show` prints what is there,
//! and `at MINUTE` what was.

use std::fmt::Write as _;
use std::path::Path;

use owed::feed::{Line, OverSources, Vocabulary, parse_line};
use owed::model::Schema;
use owed::store::{NamedFacts, Options, Reader, Store};
use rusqlite::Connection;

use super::common::golden;
use super::world::{moment, program, record};

#[test]
fn what_changed_rules_do_to_facts() {
    golden::run(Path::new("tests/store/rules.txt"), session).expect("all is as expected");
}

fn session(input: &str) -> String {
    let folder = tempfile::tempdir().expect("there is room");
    let (mut out, mut rules) = (String::new(), String::new());
    let mut open: Option<(Store, Schema)> = None;
    for (minute, line) in (1..).zip(input.lines()) {
        let now = moment(minute);
        match (line.split_once(' ').unwrap_or((line, "")), &mut open) {
            (("open", ""), _) => {
                drop(open.take());
                let schema = program(&std::mem::take(&mut rules)).schema;
                let (store, adoptions) =
                    Store::open(folder.path(), &schema, now, Options::default())
                        .expect("it can be opened");
                for adoption in adoptions {
                    writeln!(out, "{adoption}").expect("a text takes all");
                }
                open = Some((store, schema));
            }
            (("adopt", ""), Some((store, schema))) => {
                *schema = program(&std::mem::take(&mut rules)).schema;
                for adoption in store.adopt(schema, now).expect("there is room") {
                    writeln!(out, "{adoption}").expect("a text takes all");
                }
            }
            (("show", ""), Some(_)) => {
                out.push_str(&facts(reader(folder.path()).facts().expect("readable")));
                out.push_str(&set_aside(folder.path()));
            }
            (("at", minute), Some((store, _))) => {
                let minute = minute.parse().expect("a minute");
                out.push_str(&facts(store.facts_at(moment(minute)).expect("all is kept")));
            }
            (_, Some((store, schema))) if line.starts_with(['+', '-']) => {
                let vocabulary = Vocabulary::new(schema, OverSources::Allowed);
                let Ok(Line::Change(change)) = parse_line(line, &vocabulary) else {
                    panic!("{line}")
                };
                store.commit(&[record(now, vec![change])]).expect("there is room");
            }
            _ => rules = rules + line + "\n",
        }
    }
    let verdict = reader(folder.path()).verify().expect("readable");
    assert_eq!(verdict.faults, [""; 0], "{input}");
    out
}

fn reader(folder: &Path) -> Reader {
    Reader::open(folder).expect("it is there")
}

fn facts(facts: Vec<NamedFacts>) -> String {
    let mut out = String::new();
    for NamedFacts { relation, columns, rows } in facts {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        for row in rows {
            let cells = names.iter().zip(&row).map(|(name, value)| format!("{name}: {value}"));
            let cells: Vec<String> = cells.collect();
            writeln!(out, "  {relation}({})", cells.join(", ")).expect("a text takes all");
        }
    }
    if out.is_empty() { "  nothing\n".to_owned() } else { out }
}

/// As anybody would look at it.
fn set_aside(folder: &Path) -> String {
    let database = Connection::open(folder.join("owed.db")).expect("it is there");
    let sql = "SELECT relation, row, reason FROM owed_set_aside ORDER BY id";
    let mut statement = database.prepare(sql).expect("the table is there");
    let lines = statement.query_map([], |row| {
        let cell = |at| row.get::<_, String>(at);
        Ok(format!("  aside: {} {} for {}\n", cell(0)?, cell(1)?, cell(2)?))
    });
    lines.expect("it can be read").map(|line| line.expect("it can be read")).collect()
}
