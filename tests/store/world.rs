//! A program with relations of every shape, and random changes to them.

use std::collections::BTreeMap;
use std::path::Path;

use fastrand::Rng;
use owed::compile::compile;
use owed::engine::Engine;
use owed::model::{
    Author, AuthorKind, Change, Column, Date, Duration, Float, Relation, Row, Schema, Timestamp,
    Transaction, Type, Value,
};
use owed::plan::{Demand, plan};
use owed::program::Program;
use owed::store::{NamedFacts, Options, Record, Store};

/// Every shape of key and every type, names that SQLite takes for the same, and a goal.
pub const RULES: &str = "
    input plain(a: text, b: int).
    input keyed(a: text, d: date, n: int, f: float) key (a, d).
    input single(a: date, b: date) key ().
    input flag().
    input behind(n: int, t: text, b: bool) key (t).
    input every(a: text, b: int) key (b, a).
    observe typed(b: bool, i: int, f: float, t: text, d: date, at: time, took: duration).
    observe lasts(at: time, took: duration) key (at).
    input Plain(a: text, A: int).
    observe owed_history(number: int) key (number).
    observe sqlite_master(owed_only: text, rowid: int) key ().
    goal g(a: text, d: date) {
        ok     :- keyed(a, d, _, _).
        action \"true\" within 1h.
    }
";

/// Facts by relation: what is there at some time.
pub type Snapshot = BTreeMap<String, Vec<Row>>;

/// The program of a text.
pub fn program(text: &str) -> Program {
    let compiled = compile(Path::new("store.rules"), &mut |_| Ok(text.into()));
    compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// The store in a folder, opened for that schema at the dawn of time, keeping all history.
pub fn open(folder: &Path, schema: &Schema) -> Store {
    let (store, _) =
        Store::open(folder, schema, moment(0), Options::default()).expect("it can be opened");
    store
}

/// So many minutes into 2026-03-25.
pub fn moment(minutes: i64) -> Timestamp {
    let start = Timestamp::parse("2026-03-25T00:00Z").expect("a time");
    start.checked_add(Duration::from_micros(minutes * 60_000_000)).expect("in range")
}

/// A record of a feed's.
pub fn record(now: Timestamp, changes: Vec<Change>) -> Record {
    Record { now, author: Author::new(AuthorKind::Feed, "test"), changes }
}

/// An insertion by the relation's name.
pub fn insert(schema: &Schema, name: &str, row: Row) -> Change {
    Change::Insert { relation: schema.find(name).expect("a relation").id, row }
}

/// What the store has in its tables.
pub fn stored(store: &Store, schema: &Schema) -> Snapshot {
    let tables = store.load().expect("it can be read");
    let named = tables.into_iter().map(|(id, rows)| (schema.relation(id).name.clone(), rows));
    snapshot(named)
}

/// What the store had.
pub fn stored_at(store: &Store, moment: Timestamp) -> Snapshot {
    let facts = store.facts_at(moment).expect("the history is whole");
    snapshot(facts.into_iter().map(|NamedFacts { relation, rows, .. }| (relation, rows)))
}

/// An engine that keeps nothing but facts.
pub fn engine(program: &Program) -> Engine {
    Engine::new(plan(program, &Demand::default()), 1)
}

/// What the engine has.
pub fn held(engine: &mut Engine, schema: &Schema) -> Snapshot {
    let base = schema.relations().iter().filter(|relation| relation.is_base());
    snapshot(base.map(|relation| (relation.name.clone(), engine.rows(relation.id, &[]))))
}

/// Applies a record to an engine.
pub fn apply(engine: &mut Engine, record: &Record) {
    let transaction = Transaction { now: record.now, changes: record.changes.clone() };
    engine.apply(transaction).expect("the changes fit");
}

fn snapshot(tables: impl Iterator<Item = (String, Vec<Row>)>) -> Snapshot {
    let sorted = tables.map(|(name, mut rows)| {
        rows.sort_unstable();
        (name, rows)
    });
    sorted.filter(|(_, rows)| !rows.is_empty()).collect()
}

/// A few random changes.
pub fn changes(random: &mut Rng, schema: &Schema, most: usize) -> Vec<Change> {
    let base: Vec<&Relation> = schema.relations().iter().filter(|one| one.is_base()).collect();
    let change = |random: &mut Rng| {
        let relation = base[random.usize(..base.len())];
        let row: Row = relation.columns.iter().map(|column| value(random, column)).collect();
        let relation = relation.id;
        match random.u8(..10) {
            0..7 => Change::Insert { relation, row },
            7 | 8 => {
                let wild = |value: Value| random.bool().then_some(value);
                Change::Delete { relation, pattern: row.into_iter().map(wild).collect() }
            }
            _ => Change::Delete { relation, pattern: row.into_iter().map(Some).collect() },
        }
    };
    (0..random.usize(..=most)).map(|_| change(random)).collect()
}

fn value(random: &mut Rng, column: &Column) -> Value {
    match column.ty {
        Type::Bool => Value::Bool(random.bool()),
        Type::Int => Value::Int(choose(random, &[0, 1, 2, -1, i64::MIN, i64::MAX, 1 << 53])),
        Type::Float => {
            let float = choose(random, &[0.0, -0.0, 1.0, 0.1, -2.5, 1e300, 5e-324, 1e15]);
            Value::Float(Float::new(float).expect("finite"))
        }
        Type::Text => {
            Value::text(choose(random, &["", "a", "A", "é", "a\0b", "'\"", "2026-01-01"]))
        }
        Type::Date => Value::Date(choose(
            random,
            &[Date::MIN, Date::MAX, Date::from_days(20_537).expect("in range")],
        )),
        Type::Time => {
            Value::Time(choose(random, &[Timestamp::MIN, Timestamp::MAX, moment(0), moment(1)]))
        }
        Type::Duration => {
            let micros = choose(random, &[0, 1, -1, -i64::MAX, i64::MAX]);
            Value::Duration(Duration::from_micros(micros))
        }
    }
}

fn choose<T: Copy>(random: &mut Rng, items: &[T]) -> T {
    items[random.usize(..items.len())]
}

/// The seeds of the random cases: so many of them, and more or fewer as `OWED_CASES` is more or
/// fewer than the 200 that the cheaper tests have by themselves.
pub fn seeds(cases: u64) -> std::ops::Range<u64> {
    let number = |name: &str, otherwise: u64| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    };
    let first = number("OWED_SEED", 1);
    first..first + (cases * number("OWED_CASES", 200) / 200).max(1)
}
