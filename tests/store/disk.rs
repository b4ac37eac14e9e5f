//! A disk that is full, on a small file system of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use owed::model::{Change, Schema, Value};
use owed::store::{Reader, Record, Store, StoreError};

use super::world::{insert, moment, open, program, record, stored};

const RULES: &str = "input note(id: int, text: text) key (id).";

/// A full disk refuses whole commits, and takes them when there is room again.
#[test]
fn a_full_disk_takes_nothing_away() {
    let Some(disk) = Disk::mount("4m") else { return };
    let ballast = disk.path.join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).expect("there is room");
    let schema = program(RULES).schema;
    let folder = disk.path.join("data");
    let mut store = open(&folder, &schema);
    let mut minute = 0;
    let (refused, error) = loop {
        minute += 1;
        assert!(minute < 1000, "4 MiB are never full");
        let records = batch(&schema, minute);
        let before = (store.last_transaction(), stored(&store, &schema));
        match store.commit(&records) {
            Ok(committed) => assert_eq!(committed.len(), records.len()),
            Err(error) => {
                let after = (store.last_transaction(), stored(&store, &schema));
                assert_eq!(after, before, "a refused commit changes nothing");
                break (records, error);
            }
        }
    };
    assert!(matches!(error, StoreError::Full(_)), "{error:?}");
    assert!(error.to_string().starts_with("the store's disk is full; make room"), "{error}");
    // Again and again, and still nothing is lost.
    for _ in 0..5 {
        assert!(matches!(store.commit(&refused), Err(StoreError::Full(_))));
    }
    let before = (store.last_transaction(), stored(&store, &schema));
    check_reader(&folder, before.0);
    // A power cut now, and room afterwards.
    fs::remove_file(&ballast).expect("it is there");
    store.commit(&refused).expect("there is room again");
    let number = before.0 + refused.len() as u64;
    let after = (store.last_transaction(), stored(&store, &schema));
    assert_eq!(after.0, number);
    drop(store);
    let store = open(&folder, &schema);
    assert_eq!((store.last_transaction(), stored(&store, &schema)), after);
    check_reader(&folder, number);
}

/// Where not even an empty store has room.
#[test]
fn a_disk_that_was_always_full_is_said_to_be() {
    let Some(disk) = Disk::mount("64k") else { return };
    fs::write(disk.path.join("ballast"), vec![0; 48 << 10]).expect("there is room");
    let schema = program(RULES).schema;
    let opened =
        Store::open(&disk.path.join("data"), &schema, moment(0), owed::store::Options::default());
    match opened {
        Err(StoreError::Full(_)) => {}
        other => panic!("{other:?}"),
    }
}

/// A snapshot that has no room leaves nothing behind.
#[test]
fn a_snapshot_without_room_is_not_left_half_written() {
    let Some(disk) = Disk::mount("256k") else { return };
    let folder = tempfile::tempdir().expect("there is room");
    let schema = program(RULES).schema;
    let mut store = open(folder.path(), &schema);
    for minute in 1..5 {
        store.commit(&batch(&schema, minute)).expect("there is room");
    }
    let file = disk.path.join("snapshot.db");
    let written = Reader::open(folder.path()).expect("it is there").snapshot(&file);
    assert!(matches!(written, Err(StoreError::Full(_))), "{written:?}");
    assert!(!file.exists());
}

fn check_reader(folder: &Path, number: u64) {
    let verdict = Reader::open(folder).and_then(|reader| reader.verify()).expect("it can be read");
    assert_eq!(verdict.faults, [""; 0]);
    assert_eq!(verdict.transactions as u64, number);
}

fn batch(schema: &Schema, minute: i64) -> Vec<Record> {
    let note = |id: i64| -> Change {
        let text = format!("{id} {}", "x".repeat(30_000));
        insert(schema, "note", vec![Value::Int(id), Value::text(text)])
    };
    (0..3).map(|at| record(moment(minute), vec![note(minute * 3 + at)])).collect()
}

/// A file system in memory, for as long as this lives.
struct Disk {
    path: PathBuf,
    _folder: tempfile::TempDir,
}

impl Disk {
    /// `None`, with a word, where one may not mount.
    fn mount(size: &str) -> Option<Disk> {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().to_owned();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(&path)
            .output();
        let is_mounted = mounted.is_ok_and(|mounted| mounted.status.success());
        if !is_mounted {
            println!("skipped: this user may not mount a file system");
            return None;
        }
        Some(Disk { path, _folder: folder })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.path).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays", self.path.display());
    }
}
