//! The tables as anybody sees them with SQL.

use std::path::Path;

use owed::model::{Date, Duration, Float, Value};
use rusqlite::Connection;

use super::world::{RULES, insert, moment, open, program, record, stored};

/// Names as in the rules where SQLite can tell them apart, and the catalogue knows all.
#[test]
fn names_are_those_of_the_rules() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program(RULES).schema;
    let store = open(folder.path(), &schema);
    let tables = lines(
        folder.path(),
        "SELECT relation || ' ' || table_name || ' ' || coalesce(key, '-') FROM owed_relation
         ORDER BY relation",
    );
    assert_eq!(
        tables,
        [
            "Plain Plain_2 -",
            "behind behind [\"t\"]",
            "every every [\"b\",\"a\"]",
            "flag flag -",
            "g g -",
            "g.attempt g.attempt [\"a\",\"d\"]",
            "g.waiver g.waiver [\"a\",\"d\"]",
            "keyed keyed [\"a\",\"d\"]",
            "lasts lasts [\"at\"]",
            "owed_history relation_owed_history [\"number\"]",
            "plain plain -",
            "single single []",
            "sqlite_master relation_sqlite_master []",
            "typed typed -",
        ]
    );
    let columns = "SELECT columns FROM owed_relation WHERE relation = 'Plain'";
    assert_eq!(
        lines(folder.path(), columns),
        ["[{\"name\":\"a\",\"type\":\"text\",\"column\":\"a\"},\
           {\"name\":\"A\",\"type\":\"int\",\"column\":\"A_2\"}]"]
    );
    drop(store);
    // The names are found again.
    stored(&open(folder.path(), &schema), &schema);
}

/// Every type reads as one expects, and sorts.
#[test]
fn values_are_readable() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program(RULES).schema;
    let mut store = open(folder.path(), &schema);
    let row = vec![
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Float(Float::new(-0.0).expect("finite")),
        Value::text("a\"b"),
        Value::Date(Date::MIN),
        Value::Time(moment(61)),
        Value::Duration(Duration::from_micros(1_500_000)),
    ];
    store.commit(&[record(moment(1), vec![insert(&schema, "typed", row)])]).expect("room");
    let cells =
        lines(folder.path(), "SELECT concat_ws('|', b, i, f, t, d, \"at\", took) FROM typed");
    let expected = "1|-9223372036854775808|0.0|a\"b|0000-01-01|2026-03-25T01:01:00.000000Z|1500000";
    assert_eq!(cells, [expected]);
    let history = "SELECT number || '|' || moment || '|' || author_kind || '|' || author
                   FROM owed_history";
    assert_eq!(lines(folder.path(), history), ["1|2026-03-25T00:01:00.000000Z|feed|test"]);
}

/// The database itself keeps keys and types, whoever writes.
#[test]
fn the_database_holds_what_is_declared() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program(RULES).schema;
    drop(open(folder.path(), &schema));
    let database = Connection::open(folder.path().join("owed.db")).expect("it is there");
    for (sql, word) in [
        (
            "INSERT INTO keyed VALUES ('a', '2026-01-01', 1, 1.0), ('a', '2026-01-01', 2, 1.0)",
            "UNIQUE",
        ),
        ("INSERT INTO plain VALUES ('a', 1), ('a', 1)", "UNIQUE"),
        ("INSERT INTO plain VALUES ('a', 'b')", "cannot store TEXT"),
        ("INSERT INTO plain VALUES ('a', NULL)", "NOT NULL"),
        ("INSERT INTO single (a, b) VALUES ('x', 'y'), ('z', 'y')", "UNIQUE"),
        ("INSERT INTO flag VALUES (2)", "CHECK"),
    ] {
        let error = database.execute(sql, []).expect_err(sql).to_string();
        assert!(error.contains(word), "{sql}: {error}");
    }
}

/// What another connection reads beside the open store.
fn lines(folder: &Path, sql: &str) -> Vec<String> {
    let database = Connection::open(folder.join("owed.db")).expect("it is there");
    let mut statement = database.prepare(sql).expect("it is SQL");
    let rows = statement.query_map([], |row| row.get(0)).expect("it can be read");
    rows.map(|row| row.expect("it is text")).collect()
}
