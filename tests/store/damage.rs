//! A power cut at any moment, and a log whose end is torn or flipped: what comes back is what
//! was there at some acknowledged moment, or is refused; a log that is whole gives back all.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use owed::model::{Schema, Value};
use owed::store::{Options, Reader, Store, StoreError};

use super::world::{
    RULES, Snapshot, changes, insert, moment, open, program, record, seeds, stored,
};

/// What happens to a copy of the log.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Harm {
    Nothing,
    /// It ends too early.
    Torn,
    /// Some of its bytes are others.
    Flipped,
    /// Something else stands behind it.
    Longer,
    /// It is not there.
    Lost,
}

const HARMS: [Harm; 5] = [Harm::Nothing, Harm::Torn, Harm::Flipped, Harm::Longer, Harm::Lost];

#[test]
fn what_comes_back_was_there() {
    for seed in seeds(16) {
        println!("OWED_SEED={seed}");
        let random = &mut Rng::with_seed(seed);
        let schema = program(RULES).schema;
        let folder = tempfile::tempdir().expect("there is room");
        let mut store = open(folder.path(), &schema);
        // What was there, commit by commit: a commit of several records is one step.
        let mut past = vec![(0, Snapshot::new())];
        let mut minute = 0;
        for _ in 0..random.usize(1..25) {
            let mut records = Vec::new();
            for _ in 0..random.usize(1..4) {
                minute += 1;
                records.push(record(moment(minute), changes(random, &schema, 6)));
            }
            store.commit(&records).expect("there is room");
            past.push((store.last_transaction(), stored(&store, &schema)));
            if random.u8(..20) == 0 {
                drop(store);
                store = open(folder.path(), &schema);
            }
            for harm in HARMS {
                crash(random, folder.path(), &schema, &past, harm);
            }
        }
    }
}

/// Long logs are brought into the database on the way; a damaged end must not mix what was
/// brought in with what was before.
#[test]
fn a_long_log_gives_no_mixtures() {
    for seed in seeds(2) {
        println!("OWED_SEED={seed}");
        let random = &mut Rng::with_seed(seed);
        let schema = program("input note(id: int, text: text) key (id).").schema;
        let folder = tempfile::tempdir().expect("there is room");
        let mut store = open(folder.path(), &schema);
        let mut past = vec![(0, Snapshot::new())];
        for minute in 1..50 {
            let note = |random: &mut Rng| {
                let text = "x".repeat(random.usize(..200_000));
                insert(&schema, "note", vec![Value::Int(random.i64(..20)), Value::text(text)])
            };
            let notes = (0..3).map(|_| note(random)).collect();
            store.commit(&[record(moment(minute), notes)]).expect("there is room");
            past.push((store.last_transaction(), stored(&store, &schema)));
            crash(random, folder.path(), &schema, &past, Harm::Torn);
        }
    }
}

/// Copies the files as a power cut would leave them, harms the copy, and opens it.
fn crash(random: &mut Rng, folder: &Path, schema: &Schema, past: &[(u64, Snapshot)], harm: Harm) {
    let copy = tempfile::tempdir().expect("there is room");
    let copy = copy.path();
    fs::copy(folder.join("owed.db"), copy.join("owed.db")).expect("it is there");
    let mut log = fs::read(folder.join("owed.db-wal")).unwrap_or_default();

    damage(random, &mut log, harm);
    if harm != Harm::Lost {
        fs::write(copy.join("owed.db-wal"), &log).expect("there is room");
    }
    let store = match Store::open(copy, schema, moment(0), Options::default()) {
        Ok((store, adoptions)) => {
            assert_eq!(adoptions, []);
            store
        }
        Err(StoreError::Corrupt(_)) if harm != Harm::Nothing => return,
        Err(error) => panic!("{harm:?}: {error}"),
    };
    let found = (store.last_transaction(), stored(&store, schema));
    match harm {
        Harm::Nothing | Harm::Longer => assert_eq!(Some(&found), past.last(), "{harm:?}"),
        Harm::Torn | Harm::Flipped | Harm::Lost => {
            assert!(past.contains(&found), "{harm:?}: {found:?} was never there");
        }
    }
    let verdict = Reader::open(copy).and_then(|reader| reader.verify()).expect("it can be read");
    assert_eq!(verdict.faults, [""; 0], "{harm:?}");
}

fn damage(random: &mut Rng, log: &mut Vec<u8>, harm: Harm) {
    match harm {
        Harm::Torn => log.truncate(random.usize(..=log.len())),
        Harm::Flipped if !log.is_empty() => {
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..log.len());
                log[at] ^= 1 << random.u8(..8);
            }
        }
        Harm::Longer => log.extend((0..random.usize(..9000)).map(|_| random.u8(..))),
        Harm::Nothing | Harm::Flipped | Harm::Lost => {}
    }
}

/// Bytes of the database itself that are others: whatever is asked, it is answered or refused.
#[test]
fn a_damaged_database_never_panics() {
    let schema = program(RULES).schema;
    let folder = tempfile::tempdir().expect("there is room");
    let random = &mut Rng::with_seed(7);
    let mut store = open(folder.path(), &schema);
    for minute in 1..60 {
        store.commit(&[record(moment(minute), changes(random, &schema, 9))]).expect("room");
    }
    drop(store);
    let whole = fs::read(folder.path().join("owed.db")).expect("it is there");
    let other = program("input plain(b: int, a: text). input keyed(a: text) key (a).").schema;
    let (mut refused, mut faulty) = (0, 0);
    for seed in seeds(150) {
        println!("OWED_SEED={seed}");
        let random = &mut Rng::with_seed(seed);
        let copy = tempfile::tempdir().expect("there is room");
        let mut bytes = whole.clone();
        damage(random, &mut bytes, Harm::Flipped);
        fs::write(copy.path().join("owed.db"), bytes).expect("there is room");
        let looked = Reader::open(copy.path()).and_then(|reader| {
            let _ = reader.facts_at(moment(20));
            reader.verify()
        });
        faulty += u32::from(!looked.is_ok_and(|verdict| verdict.faults.is_empty()));
        let used = Store::open(copy.path(), &schema, moment(0), Options::default());
        let used = used.and_then(|(mut store, _)| {
            store.load()?;
            for minute in 60..70 {
                store.commit(&[record(moment(minute), changes(random, &schema, 9))])?;
            }
            store.adopt(&other, moment(70))
        });
        refused += u32::from(used.is_err());
    }
    assert!(refused > 0 && faulty >= refused, "{refused} refused, {faulty} found faulty");
}
