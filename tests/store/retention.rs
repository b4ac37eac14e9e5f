//! How long the history is kept.

use fastrand::Rng;
use owed::model::{Duration, Schema, Timestamp};
use owed::store::{Options, Reader, Store, StoreError};

use super::world::{RULES, Snapshot, changes, moment, program, record, seeds, stored, stored_at};

/// Whatever is forgotten, the moments within the time are as they were, and earlier ones are
/// refused with how far back it goes.
#[test]
fn the_past_is_kept_as_long_as_was_asked() {
    const KEPT_MINUTES: i64 = 50;
    for seed in seeds(8) {
        println!("OWED_SEED={seed}");
        let random = &mut Rng::with_seed(seed);
        let schema = program(RULES).schema;
        let folder = tempfile::tempdir().expect("there is room");
        let open = |now: Timestamp, schema: &Schema| {
            let history = Some(Duration::from_micros(KEPT_MINUTES * 60_000_000));
            let opened = Store::open(folder.path(), schema, now, Options { history });
            opened.expect("it can be opened").0
        };
        let mut store = open(moment(0), &schema);
        let mut past: Vec<(i64, Snapshot)> = Vec::new();
        let mut minute = 0;
        for _ in 0..300 {
            minute += random.i64(0..4);
            let change = changes(random, &schema, 3);
            store.commit(&[record(moment(minute), change)]).expect("there is room");
            past.push((minute, stored(&store, &schema)));
            if random.u8(..50) == 0 {
                drop(store);
                store = open(moment(minute), &schema);
            }
        }
        let number = store.last_transaction();
        for (at, pair) in past.iter().enumerate() {
            let is_last = past.get(at + 1).is_none_or(|next| next.0 > pair.0);
            if is_last && pair.0 >= minute - KEPT_MINUTES {
                assert_eq!(stored_at(&store, moment(pair.0)), pair.1, "minute {}", pair.0);
            }
        }
        let verdict = Reader::open(folder.path()).and_then(|reader| reader.verify());
        let verdict = verdict.expect("it can be read");
        assert_eq!(verdict.faults, [""; 0]);
        assert!((verdict.transactions as u64) < number / 2, "{verdict:?} of {number}");
        let forgotten = verdict.forgotten.expect("something is");
        let before = forgotten.checked_add(Duration::from_micros(-1)).expect("in range");
        match store.facts_at(before) {
            Err(StoreError::Forgotten { since }) => assert_eq!(since, forgotten),
            other => panic!("{other:?}"),
        }
        assert!(store.facts_at(forgotten).is_ok());
        let since = Reader::open(folder.path()).and_then(|reader| reader.kept_since());
        assert_eq!(since.expect("it can be read"), Some(forgotten));
        drop(store);
        assert_eq!(open(moment(minute), &schema).last_transaction(), number);
    }
}

/// However old it is, the last transaction stays, and with it the number of the next.
#[test]
fn the_last_transaction_is_never_forgotten() {
    let schema = program("input a(n: int).").schema;
    let folder = tempfile::tempdir().expect("there is room");
    let options = Options { history: Some(Duration::ZERO) };
    let row = |n: i64| super::world::insert(&schema, "a", vec![owed::model::Value::Int(n)]);
    let (mut store, _) = Store::open(folder.path(), &schema, moment(0), options).expect("room");
    store.commit(&[record(moment(1), vec![row(1)])]).expect("there is room");
    // Time goes by, and nothing changes.
    store.commit(&[record(moment(90_000), vec![row(1)])]).expect("there is room");
    drop(store);
    let (mut store, _) = Store::open(folder.path(), &schema, moment(0), options).expect("room");
    assert_eq!((store.last_transaction(), store.last_moment()), (1, Some(moment(1))));
    let committed = store.commit(&[record(moment(2), vec![row(2)])]).expect("there is room");
    assert_eq!(committed[0].transaction, 2);
}
