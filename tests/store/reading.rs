//! Reading beside a writer, and without one.

use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::Path;

use fastrand::Rng;
use owed::feed::{read_csv, read_jsonl};
use owed::model::{Author, AuthorKind, Row, Schema, Value};
use owed::store::{
    Entry, ExportFormat, NamedFacts, Query, Reader, Record, Store, StoreError, Touch, fit,
};

use super::world::{RULES, changes, insert, moment, open, program, record, seeds, stored};

fn filled(folder: &Path, schema: &Schema, seed: u64) -> Store {
    let random = &mut Rng::with_seed(seed);
    let mut store = open(folder, schema);
    for minute in 1..40 {
        let changes = changes(random, schema, 6);
        store.commit(&[record(moment(minute), changes)]).expect("there is room");
    }
    store
}

fn named(facts: Vec<NamedFacts>) -> super::world::Snapshot {
    let facts = facts.into_iter().filter(|facts| !facts.rows.is_empty());
    facts
        .map(|NamedFacts { relation, mut rows, .. }| {
            rows.sort_unstable();
            (relation, rows)
        })
        .collect()
}

/// A snapshot is the store again, history and all, and is written while the store is open; so is
/// what a killed writer left.
#[test]
fn a_snapshot_is_a_store() {
    for seed in seeds(8) {
        println!("OWED_SEED={seed}");
        let folder = tempfile::tempdir().expect("there is room");
        let schema = program(RULES).schema;
        let mut store = filled(folder.path(), &schema, seed);
        let expected = stored(&store, &schema);
        let number = store.last_transaction();
        let reader = Reader::open(folder.path()).expect("it is there");
        let copy = tempfile::tempdir().expect("there is room");
        reader.snapshot(&copy.path().join("owed.db")).expect("there is room");
        let again = reader.snapshot(&copy.path().join("owed.db"));
        assert!(again.expect_err("it is there").to_string().contains("there already"));
        store.commit(&[record(moment(99), changes(&mut Rng::new(), &schema, 9))]).expect("room");
        let copied = Reader::open(copy.path()).expect("it is there");
        assert_eq!(named(copied.facts().expect("readable")), expected);
        assert_eq!(copied.verify().expect("readable").faults, [""; 0]);
        drop(copied);
        let mut copied = open(copy.path(), &schema);
        assert_eq!((copied.last_transaction(), stored(&copied, &schema)), (number, expected));
        copied.commit(&[record(moment(99), changes(&mut Rng::new(), &schema, 9))]).expect("room");
    }
}

/// What a killed writer left can be read without being touched, before anybody repairs it.
#[test]
fn what_a_killed_writer_left_can_be_read() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program(RULES).schema;
    let store = filled(folder.path(), &schema, 1);
    let copy = tempfile::tempdir().expect("there is room");
    let names = ["owed.db", "owed.db-wal"];
    for name in names {
        fs::copy(folder.path().join(name), copy.path().join(name)).expect("it is there");
    }
    let files = || names.map(|name| fs::read(copy.path().join(name)).expect("it is there"));
    let before = files();
    for _ in 0..2 {
        let reader = Reader::open(copy.path()).expect("it is there");
        assert_eq!(named(reader.facts().expect("readable")), stored(&store, &schema));
        assert_eq!(reader.verify().expect("readable").faults, [""; 0]);
        drop(reader);
        assert!(files() == before, "a reader changes no file");
    }
}

/// A look sees one state, though somebody commits at the same time.
#[test]
fn a_look_sees_one_state() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program("input a(n: int). input b(n: int).").schema;
    let mut store = open(folder.path(), &schema);
    let path = folder.path().to_owned();
    let looking = std::thread::spawn(move || {
        let reader = Reader::open(&path).expect("it is there");
        let mut looks = 0;
        loop {
            let facts = named(reader.facts().expect("readable"));
            assert_eq!(facts.get("a"), facts.get("b"));
            let count = facts.get("a").map_or(0, Vec::len);
            let past = named(reader.facts_at(moment(1)).expect("all is kept"));
            assert!(count == 0 || past["a"].len() == 1, "{past:?}");
            looks += 1;
            if count == 300 {
                return looks;
            }
        }
    });
    for n in 1..=300 {
        let row = |name: &str| insert(&schema, name, vec![Value::Int(n)]);
        store.commit(&[record(moment(n), vec![row("a"), row("b")])]).expect("there is room");
    }
    assert!(looking.join().expect("it sees one state") > 0);
}

#[test]
fn there_may_be_nothing_to_read() {
    let folder = tempfile::tempdir().expect("there is room");
    let error = Reader::open(folder.path()).expect_err("nothing is there");
    assert!(matches!(error, StoreError::NotThere { .. }), "{error}");
    fs::write(folder.path().join("owed.db"), "").expect("there is room");
    let error = Reader::open(folder.path()).expect_err("nothing is there");
    assert!(matches!(error, StoreError::NotThere { .. }), "{error}");
}

/// What is exported is what a source reads.
#[test]
fn an_export_can_be_read_by_a_source() {
    for seed in seeds(10) {
        println!("OWED_SEED={seed}");
        let folder = tempfile::tempdir().expect("there is room");
        let schema = program(RULES).schema;
        let store = filled(folder.path(), &schema, seed);
        let reader = Reader::open(folder.path()).expect("it is there");
        for format in [ExportFormat::Csv, ExportFormat::Jsonl] {
            let to = folder.path().join("export");
            let exported = reader.export(&to, format).expect("there is room");
            for (id, mut expected) in store.load().expect("readable") {
                let relation = schema.relation(id);
                let one = exported.iter().find(|one| one.relation == relation.name);
                let one = one.expect("every relation is exported");
                assert_eq!(one.rows, expected.len());
                let Some(file) = &one.file else {
                    assert!(relation.columns.is_empty() && format == ExportFormat::Csv);
                    continue;
                };
                let file = BufReader::new(File::open(file).expect("it is there"));
                let rows = match format {
                    ExportFormat::Csv => read_csv(file, relation),
                    ExportFormat::Jsonl => read_jsonl(file, relation),
                };
                let mut rows = rows.unwrap_or_else(|error| panic!("{}: {error}", relation.name));
                rows.sort_unstable();
                expected.sort_unstable();
                assert_eq!(rows, expected, "{}", relation.name);
            }
        }
    }
    assert!(
        read_csv(Cursor::new(""), program("input a(n: int).").schema.find("a").expect("a"))
            .is_err()
    );
}

/// The history by span, by relation and values, and the last so many.
#[test]
fn the_history_answers_questions() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program("input a(n: int, t: text) key (n). input b(n: int).").schema;
    let mut store = open(folder.path(), &schema);
    let a = |n: i64, t: &str| insert(&schema, "a", vec![Value::Int(n), Value::text(t)]);
    let b = |n: i64| insert(&schema, "b", vec![Value::Int(n)]);
    let records: Vec<Record> = [
        (AuthorKind::Person, "ada", vec![a(1, "x"), b(1)]),
        (AuthorKind::Check, "g", vec![a(1, "y")]),
        (AuthorKind::Feed, "", vec![b(2)]),
        (AuthorKind::Action, "g", vec![a(2, "y"), a(2, "z")]),
        (AuthorKind::Source, "a", vec![a(2, "z")]),
    ]
    .into_iter()
    .zip(1..)
    .map(|((kind, name, changes), minute)| Record {
        now: moment(minute),
        author: Author::new(kind, name),
        changes,
    })
    .collect();
    store.commit(&records).expect("there is room");
    let reader = Reader::open(folder.path()).expect("it is there");
    let ask = |query: Query| -> Vec<String> {
        let entries = reader.history(&query).expect("readable");
        assert_eq!(entries, store.history(&query).expect("readable"));
        entries.iter().map(show).collect()
    };
    let all = [
        "1 person ada +a(1, \"x\") +b(1)",
        "2 check g -a(1, \"x\") +a(1, \"y\")",
        "3 feed +b(2)",
        "4 action g +a(2, \"z\")",
    ];
    assert_eq!(ask(Query::default()), all);
    let (from, to) = (Some(moment(2)), Some(moment(3)));
    assert_eq!(ask(Query { from, to, ..Query::default() }), all[1..3]);
    assert_eq!(ask(Query { limit: Some(1), ..Query::default() }), all[3..]);
    let touch = |relation: &str, values: &[(&str, Value)]| {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        Touch { relation: relation.to_owned(), values: values.collect() }
    };
    let touching = vec![touch("a", &[("n", Value::Int(1))])];
    assert_eq!(
        ask(Query { touching, ..Query::default() }),
        ["1 person ada +a(1, \"x\")", "2 check g -a(1, \"x\") +a(1, \"y\")"]
    );
    let touching = vec![touch("b", &[]), touch("a", &[("t", Value::text("z"))])];
    assert_eq!(
        ask(Query { touching, limit: Some(2), ..Query::default() }),
        ["3 feed +b(2)", "4 action g +a(2, \"z\")"]
    );
    let touching = vec![touch("a", &[("other", Value::Int(1))])];
    assert_eq!(ask(Query { touching, ..Query::default() }), [""; 0]);
}

fn show(entry: &Entry) -> String {
    let mut text = format!("{} {}", entry.number, entry.author);
    for one in &entry.changes {
        for (sign, rows) in [('-', &one.deleted), ('+', &one.inserted)] {
            for row in rows {
                let cells: Vec<String> = row.iter().map(Value::to_string).collect();
                text += &format!(" {sign}{}({})", one.relation, cells.join(", "));
            }
        }
    }
    text
}

/// Facts for a program that is not the one they were stored for.
#[test]
fn facts_fit_a_program_or_are_told() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program(
        "input a(n: int, t: text). input b(n: int). input c(n: int). input d(n: int).
         input e(n: int, m: int).",
    )
    .schema;
    let mut store = open(folder.path(), &schema);
    let int = Value::Int;
    let rows: [(&str, Row); 7] = [
        ("a", vec![int(1), Value::text("x")]),
        ("b", vec![int(1)]),
        ("c", vec![int(1)]),
        ("d", vec![int(1)]),
        ("e", vec![int(1), int(1)]),
        ("e", vec![int(1), int(2)]),
        ("e", vec![int(2), int(2)]),
    ];
    let changes = rows.into_iter().map(|(name, row)| insert(&schema, name, row)).collect();
    store.commit(&[record(moment(1), changes)]).expect("there is room");
    let other = program(
        "input a(t: text, n: int). input b(n: text). input d(n: int, m: int).
         output c(n: int). c(n) :- e(n, _). input e(n: int, m: int) key (n).",
    )
    .schema;
    let facts = Reader::open(folder.path()).and_then(|reader| reader.facts()).expect("readable");
    let (fitting, misfits) = fit(&other, facts);
    let fitting: Vec<(&str, Vec<Row>)> =
        fitting.into_iter().map(|(id, rows)| (other.relation(id).name.as_str(), rows)).collect();
    let expected = [("a", vec![vec![Value::text("x"), int(1)]]), ("e", vec![vec![int(2), int(2)]])];
    assert_eq!(fitting, expected);
    let misfits: Vec<String> =
        misfits.iter().map(|one| format!("{} {} {}", one.relation, one.rows, one.reason)).collect();
    assert_eq!(
        misfits,
        [
            "b 1 column \"n\" is text now, and was int",
            "c 1 no input or observe of that name is in the rules",
            "d 1 column \"m\" is new",
            "e 2 the key is (n) now, and several facts have the same",
        ]
    );
}
