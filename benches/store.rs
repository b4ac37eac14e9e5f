//! What does it cost to lose nothing?
//!
//! `cargo bench --bench store -- [FACTS] [FOLDER]` fills a store with so many facts (a million,
//! unless said otherwise) below the folder (the system's for temporary files), loads them as a
//! restart does, asks what was believed a while ago, and commits single facts alone and in
//! groups.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use owed::compile::compile;
use owed::model::{Author, AuthorKind, Change, Date, Row, Schema, Timestamp, Value};
use owed::store::{Options, Reader, Record, Store};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RULES: &str = "
    observe csv_file(campaign: text, day: date, bytes: int) key (campaign, day).
";
/// How many facts a campaign has.
const DAYS: i64 = 1_000;
/// How many facts are in a transaction that fills the store.
const CHUNK: i64 = 10_000;

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let facts: i64 = arguments.next().map_or(1_000_000, |text| text.parse().expect("a number"));
    let below = arguments.next().map_or_else(env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(below).expect("there is room");
    let compiled = compile(Path::new("store.rules"), &mut |_| Ok(RULES.into()));
    let schema = compiled.program.expect("the bench's rules are right").schema;

    let mut store = open(folder.path(), &schema);
    let filled = timed(|| fill(&mut store, &schema, facts));
    drop(store);
    let size = fs::metadata(folder.path().join("owed.db")).expect("it is there").len();
    println!("fill with {facts} facts, {CHUNK} a transaction   {filled:8.2?}");
    println!("size, the history with it   {} bytes a fact", size / facts.unsigned_abs());

    let mut store = open(folder.path(), &schema);
    let opened = timed(|| {
        let rows: usize =
            store.load().expect("it can be read").iter().map(|(_, rows)| rows.len()).sum();
        assert_eq!(facts, i64::try_from(rows).expect("few"));
    });
    println!("load {facts} facts   {opened:8.2?}");
    let asked = timed(|| {
        let past = store.facts_at(moment(facts / CHUNK / 2)).expect("all is kept");
        assert!(!past.is_empty());
    });
    println!("undo half of the history   {asked:8.2?}");
    let verified = timed(|| {
        let verdict = Reader::open(folder.path()).and_then(|reader| reader.verify());
        assert!(verdict.expect("it can be read").faults.is_empty());
    });
    println!("verify   {verified:8.2?}");

    for group in [1, 10, 100, 1_000] {
        commits(&mut store, &schema, facts, group);
    }
}

/// Single facts that replace others, each a transaction, so many in a commit, for two seconds.
fn commits(store: &mut Store, schema: &Schema, facts: i64, group: i64) {
    let mut times: Vec<Duration> = Vec::new();
    let start = Instant::now();
    let mut next: i64 = 1;
    while start.elapsed() < Duration::from_secs(2) {
        let records: Vec<Record> = (0..group)
            .map(|_| {
                next = (next * 48_271 + 11) % facts;
                record(store.last_transaction(), vec![insert(schema, next, -next)])
            })
            .collect();
        times.push(timed(|| drop(store.commit(&records).expect("there is room"))));
    }
    times.sort_unstable();
    let (count, all) = (times.len(), times.iter().sum::<Duration>());
    let rate = (count as i64 * group) as f64 / all.as_secs_f64();
    let (median, p99) = (times[count / 2], times[count * 99 / 100]);
    println!(
        "{group:5} a commit   {rate:8.0} a second   a commit takes {median:.2?}, p99 {p99:.2?}"
    );
}

fn open(folder: &Path, schema: &Schema) -> Store {
    Store::open(folder, schema, moment(0), Options::default()).expect("it can be opened").0
}

fn fill(store: &mut Store, schema: &Schema, facts: i64) {
    for first in (0..facts).step_by(CHUNK as usize) {
        let numbers = first..(first + CHUNK).min(facts);
        let changes = numbers.map(|number| insert(schema, number, number)).collect();
        store.commit(&[record(store.last_transaction(), changes)]).expect("there is room");
    }
}

fn insert(schema: &Schema, number: i64, bytes: i64) -> Change {
    let relation = schema.find("csv_file").expect("it is declared").id;
    let campaign = Value::text(format!("campaign-{}", number / DAYS));
    let day = Date::from_days(20_000 + number % DAYS).expect("in range");
    let row: Row = vec![campaign, Value::Date(day), Value::Int(bytes)];
    Change::Insert { relation, row }
}

fn record(number: u64, changes: Vec<Change>) -> Record {
    let now = moment(i64::try_from(number).expect("few") + 1);
    Record { now, author: Author::new(AuthorKind::Feed, "bench"), changes }
}

/// So many seconds after the epoch.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).expect("in range")
}

fn timed(act: impl FnOnce()) -> Duration {
    let start = Instant::now();
    act();
    start.elapsed()
}
