//! Random transactions: the store has what the engine has, now and then, whatever is closed and
//! opened in between.

use std::path::Path;

use fastrand::Rng;
use owed::store::{Query, Reader, Record, Store};

use super::world::{
    RULES, Snapshot, apply, changes, engine, held, moment, open, program, record, seeds, stored,
    stored_at,
};

/// After every commit the tables hold the engine's facts; the history undone to any moment is
/// the state that was there.
#[test]
fn the_store_has_what_the_engine_has() {
    for seed in seeds(30) {
        println!("OWED_SEED={seed}");
        let random = &mut Rng::with_seed(seed);
        let program = program(RULES);
        let folder = tempfile::tempdir().expect("there is room");
        let mut store = open(folder.path(), &program.schema);
        let mut engine = engine(&program);
        let mut past: Vec<Snapshot> = Vec::new();
        let mut minute = 0;
        for _ in 0..random.usize(1..20) {
            let mut records: Vec<Record> = Vec::new();
            for _ in 0..random.usize(..4) {
                minute += 1;
                records.push(record(moment(minute), changes(random, &program.schema, 8)));
            }
            let first = store.last_transaction();
            let committed = store.commit(&records).expect("there is room");
            let mut number = first;
            for (record, committed) in records.iter().zip(&committed) {
                let before = held(&mut engine, &program.schema);
                apply(&mut engine, record);
                past.push(held(&mut engine, &program.schema));
                let is_changed = past.last() != Some(&before);
                assert_eq!(committed.changed > 0, is_changed, "{record:?}");
                number += u64::from(is_changed);
                assert_eq!(committed.transaction, number);
            }
            if random.u8(..3) == 0 {
                drop(store);
                store = open(folder.path(), &program.schema);
            }
            assert_eq!(stored(&store, &program.schema), held(&mut engine, &program.schema));
            assert_eq!(store.last_transaction(), number);
        }
        for (minute, expected) in (1..).zip(&past) {
            assert_eq!(stored_at(&store, moment(minute)), *expected, "minute {minute}");
        }
        assert!(stored_at(&store, moment(0)).is_empty());
        replay(&store, &past);
        verified(folder.path(), &store);
    }
}

/// The history forwards, from nothing, is the state at every moment too.
fn replay(store: &Store, past: &[Snapshot]) {
    let mut state = Snapshot::new();
    let mut number = 0;
    for entry in store.history(&Query::default()).expect("it can be read") {
        number += 1;
        assert_eq!(entry.number, number);
        for one in entry.changes {
            let rows = state.entry(one.relation.clone()).or_default();
            rows.retain(|row| !one.deleted.contains(row));
            rows.extend(one.inserted);
            rows.sort_unstable();
        }
        state.retain(|_, rows| !rows.is_empty());
        let minute = past.iter().enumerate().map(|(at, _)| moment(at as i64 + 1));
        let at = minute.take_while(|moment| *moment <= entry.moment).count();
        assert_eq!(state, past[at - 1], "transaction {number}");
    }
}

/// The store finds itself sound while it is open.
fn verified(folder: &Path, store: &Store) {
    let verdict = Reader::open(folder).and_then(|reader| reader.verify()).expect("it can be read");
    assert_eq!(verdict.faults, [""; 0]);
    assert_eq!(verdict.transactions as u64, store.last_transaction());
    let facts = store.load().expect("it can be read").iter().map(|(_, rows)| rows.len()).sum();
    assert_eq!((verdict.facts, verdict.set_aside), (facts, 0));
}
