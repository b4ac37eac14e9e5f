//! Who may have a store: one writer, and nobody who writes beside it; and what is no store.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use owed::model::{Schema, Value};
use owed::store::{Options, Reader, Store, StoreError};
use rusqlite::Connection;

use super::world::{insert, moment, open, program, record, stored};

fn schema() -> Schema {
    program("input a(n: int).").schema
}

fn refusal(folder: &Path) -> StoreError {
    match Store::open(folder, &schema(), moment(0), Options::default()) {
        Ok(_) => panic!("it is opened"),
        Err(error) => error,
    }
}

/// The second is told who the first is; a killed first leaves no lock behind.
#[test]
fn one_writer_at_a_time() {
    let folder = tempfile::tempdir().expect("there is room");
    let store = open(folder.path(), &schema());
    let said = refusal(folder.path()).to_string();
    let ours = format!("is held by process {};", std::process::id());
    assert!(said.contains(&ours), "{said}");
    drop(store);
    let script = "echo $$ >\"$0\"; exec 9<>\"$0\"; flock 9; echo held; read _";
    let mut other = Command::new("bash")
        .args(["-c", script])
        .arg(folder.path().join("lock"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let mut line = String::new();
    let mut output = BufReader::new(other.stdout.take().expect("piped"));
    output.read_line(&mut line).expect("it answers");
    assert_eq!(line, "held\n");
    match refusal(folder.path()) {
        StoreError::Busy { holder, .. } => assert_eq!(holder, format!("process {}", other.id())),
        error => panic!("{error}"),
    }
    other.kill().expect("it runs");
    other.wait().expect("it ends");
    open(folder.path(), &schema());
}

/// A killed writer's child has its lock until it has begun; the next one waits that long.
#[test]
fn a_killed_writers_children_are_waited_for() {
    let folder = tempfile::tempdir().expect("there is room");
    drop(open(folder.path(), &schema()));
    let script = "echo $$ >\"$0\"; exec 9<>\"$0\"; flock 9; sleep 0.3 & kill -9 $$";
    let ended = Command::new("bash").args(["-c", script]).arg(folder.path().join("lock")).status();
    assert!(!ended.expect("there is a shell").success());
    open(folder.path(), &schema());
}

/// Facts are nobody else's affair.
#[test]
fn the_files_are_the_owners() {
    let above = tempfile::tempdir().expect("there is room");
    let folder = above.path().join("some/where");
    fs::create_dir_all(&folder).expect("there is room");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let mut store = open(&folder, &schema());
    let row = insert(&schema(), "a", vec![Value::Int(1)]);
    store.commit(&[record(moment(1), vec![row])]).expect("there is room");
    Reader::open(&folder).expect("it is there").snapshot(&folder.join("copy")).expect("room");
    let mode = |name: &str| {
        let file = fs::metadata(folder.join(name)).expect("it is there");
        format!("{name} {:o}", file.permissions().mode() & 0o7777)
    };
    let modes = ["", "lock", "owed.db", "owed.db-wal", "owed.db-shm", "copy"].map(mode);
    let expected =
        [" 700", "lock 600", "owed.db 600", "owed.db-wal 600", "owed.db-shm 600", "copy 600"];
    assert_eq!(modes, expected);
}

/// Whoever writes with another program is noticed at the next commit, which changes nothing.
#[test]
fn another_writer_is_noticed() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = schema();
    let mut store = open(folder.path(), &schema);
    let row = |n: i64| record(moment(n), vec![insert(&schema, "a", vec![Value::Int(n)])]);
    store.commit(&[row(1)]).expect("there is room");
    let other = Connection::open(folder.path().join("owed.db")).expect("it is there");
    let read: i64 = other.query_row("SELECT n FROM a", [], |row| row.get(0)).expect("it is there");
    assert_eq!(read, 1);
    store.commit(&[row(2)]).expect("readers are welcome");
    other.execute("INSERT INTO a VALUES (7)", []).expect("SQLite lets it");
    for _ in 0..2 {
        let error = store.commit(&[row(3)]).expect_err("the facts in memory are others");
        assert!(matches!(error, StoreError::ForeignWriter), "{error}");
    }
    assert_eq!(store.last_transaction(), 2);
    drop(store);
    let verdict = Reader::open(folder.path()).and_then(|reader| reader.verify()).expect("readable");
    assert_eq!(verdict.faults, ["there are facts that no transaction made"]);
    // Opened anew it goes on with what is there.
    let mut store = open(folder.path(), &schema);
    assert_eq!(stored(&store, &schema)["a"].len(), 3);
    store.commit(&[row(3)]).expect("there is room");
}

/// Checkpoints of others that leave the log to us are no foreign writes.
#[test]
fn checkpoints_are_no_writes() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = schema();
    let mut store = open(folder.path(), &schema);
    let row = |n: i64| record(moment(n), vec![insert(&schema, "a", vec![Value::Int(n)])]);
    for (at, mode) in (1..).zip(["PASSIVE", "FULL"]) {
        store.commit(&[row(at)]).expect("there is room");
        let other = Connection::open(folder.path().join("owed.db")).expect("it is there");
        let sql = format!("PRAGMA wal_checkpoint({mode})");
        other.query_row(&sql, [], |_| Ok(())).expect("SQLite lets it");
    }
    store.commit(&[row(9)]).expect("nobody wrote");
}

/// A lock that somebody holds too long is said, and then the same commit goes through.
#[test]
fn a_foreign_lock_is_said() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = schema();
    let mut store = open(folder.path(), &schema);
    let row = record(moment(1), vec![insert(&schema, "a", vec![Value::Int(1)])]);
    let other = Connection::open(folder.path().join("owed.db")).expect("it is there");
    other.execute_batch("BEGIN IMMEDIATE").expect("nobody holds it");
    let refused = store.commit(std::slice::from_ref(&row));
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    other.execute_batch("ROLLBACK").expect("it was begun");
    assert_eq!(store.commit(&[row]).expect("it is free")[0].transaction, 1);
}

/// What is no store of ours is left as it is, and said to be what it is.
#[test]
fn what_is_no_store_is_refused() {
    let folder = tempfile::tempdir().expect("there is room");
    let at = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir(&path).expect("there is room");
        path
    };
    let foreign = at("foreign");
    let database = Connection::open(foreign.join("owed.db")).expect("there is room");
    database.execute_batch("CREATE TABLE a (n)").expect("there is room");
    drop(database);
    let before = fs::read(foreign.join("owed.db")).expect("it is there");
    let error = refusal(&foreign);
    assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    assert_eq!(fs::read(foreign.join("owed.db")).expect("it is there"), before);

    let newer = at("newer");
    drop(open(&newer, &schema()));
    let database = Connection::open(newer.join("owed.db")).expect("it is there");
    database.pragma_update(None, "user_version", 2).expect("SQLite lets it");
    drop(database);
    let error = refusal(&newer);
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    let error = Reader::open(&newer).expect_err("it is newer");
    assert!(error.to_string().contains("has format 2, and this program knows 1"), "{error}");

    let noise = at("noise");
    fs::write(noise.join("owed.db"), "noise ".repeat(1000)).expect("there is room");
    let error = refusal(&noise);
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");

    let blocked = at("blocked");
    fs::create_dir(blocked.join("owed.db")).expect("there is room");
    let error = refusal(&blocked);
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    fs::write(folder.path().join("file"), "").expect("there is room");
    let error = refusal(&folder.path().join("file"));
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
}

/// A folder that one may not look into is said to be one.
#[test]
fn a_folder_of_somebody_else_is_refused() {
    let above = tempfile::tempdir().expect("there is room");
    fs::set_permissions(above.path(), Permissions::from_mode(0o755)).expect("it is ours");
    let folder = above.path().join("data");
    drop(open(&folder, &schema()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.args(["store", "verify", "--data"]).arg(&folder).current_dir("/");
    if nix::unistd::geteuid().is_root() {
        // Nothing is closed to root, so that somebody else has to look.
        command.uid(65_534).gid(65_534);
    } else {
        fs::set_permissions(&folder, Permissions::from_mode(0o000)).expect("it is ours");
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: nobody else can run the program here: {error}");
            return;
        }
    };
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("it is ours");
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = format!(
        "error: cannot use the store {}/owed.db: Permission denied (os error 13)\n",
        folder.display()
    );
    assert_eq!((said.as_ref(), output.status.code()), (expected.as_str(), Some(1)));
}

/// A change that is not of the schema is our own mistake.
#[test]
#[should_panic(expected = "is not of the columns")]
fn a_change_of_other_columns_is_a_broken_contract() {
    let folder = tempfile::tempdir().expect("there is room");
    let schema = schema();
    let mut store = open(folder.path(), &schema);
    let row = insert(&schema, "a", vec![Value::text("x")]);
    drop(store.commit(&[record(moment(1), vec![row])]));
}
