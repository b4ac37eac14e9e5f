//! Actions by SQL: values are bound, and all statements are done or none.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use owed::runtime::Run;
use owed::runtime::process::Labels;
use rusqlite::Connection;

use crate::postgres::Postgres;
use crate::world::{Tasks, is_done, until, why};

/// An action's clause.
fn action(url: &str, statements: &str, options: &str) -> String {
    let quoted = serde_json::to_string(statements).expect("text is JSON");
    format!("action sql \"{url}\" {quoted} within 1h{options}.")
}

const INSTANCE: &str = "\"Robert'); drop table t; --\", 2026-03-25, 7";

#[test]
fn postgresql_does_what_an_action_says() {
    let Some(postgres) = Postgres::start() else { return };
    let schema = "create table t(c varchar(40), d date, n int, at timestamptz default now()); \
                  create table log(what text unique)";
    postgres.execute(schema);
    let here = Path::new(".");
    let act = |statements: &str, options: &str, instances: &[&str]| {
        Tasks::new(&action(&postgres.url(), statements, options)).act(instances, here)
    };
    let insert = "insert into t(c, d, n) values ({c}, {d} + 1, {n})";
    let ended = act(insert, "", &[INSTANCE]);
    assert!(is_done(&ended), "{ended:?}");
    assert_eq!(
        postgres.execute("select c, d, n from t"),
        "Robert'); drop table t; --|2026-03-26|7"
    );

    // A format is a text, and one value may stand in several places.
    let statements = "delete from t; insert into log values ({d:%Y%m%d} || ' of ' || {c} || {c}); \
                      insert into t select {c}, {d}, n from generate_series(1, {n}) n";
    let ended = act(statements, "", &["\"a\", 2026-03-25, 3"]);
    assert!(is_done(&ended), "{ended:?}");
    assert_eq!(postgres.execute("select count(*), max(n) from t"), "3|3");
    assert_eq!(postgres.execute("select what from log"), "20260325 of aa");

    // What fails leaves nothing behind, of a batch neither.
    let statements = format!("{insert}; insert into log values ({{c}})");
    let batch = ["\"b\", 2026-03-25, 1", "\"c\", 2026-03-25, 1", "\"b\", 2026-03-26, 1"];
    let ended = act(&statements, ", batch 10", &batch);
    let said = why(&ended);
    assert!(said.contains("duplicate key") && said.contains("(what)=(b)"), "{said}");
    assert_eq!(postgres.execute("select count(*) from t where c = 'b'"), "0");
    let ended = act(&statements, ", batch 10", &batch[..2]);
    assert!(is_done(&ended), "{ended:?}");
    assert_eq!(
        postgres.execute("select string_agg(c, ',' order by c) from t where n = 1"),
        "a,b,c"
    );

    // One alone is no transaction of ours.
    assert!(is_done(&act("vacuum t", "", &["\"a\", 2026-03-25, 3"])));
    let ended = act("insert into nowhere values ({c})", "", &[INSTANCE]);
    assert!(why(&ended).contains("\"nowhere\" does not exist (SQLSTATE 42P01)"), "{ended:?}");
    assert!(!why(&ended).contains("s3cret"), "{ended:?}");
}

/// The server is asked to end what it does, and keeps nothing of it.
#[test]
fn postgresql_is_asked_to_stop() {
    let Some(postgres) = Postgres::start() else { return };
    postgres.execute("create table t(c text)");
    let statements = "insert into t values ({c}); select pg_sleep(300)";
    let tasks = Tasks::new(&action(&postgres.url(), statements, ""));
    let goal = &tasks.program.goals[0];
    let rows = tasks.rows(&["\"a\", 2026-03-25, 1"]);
    let _entered = tasks.runtime.enter();
    let run = Run {
        task: &goal.action.as_ref().expect("it has one").task,
        parameters: &goal.parameters,
        instances: &rows,
        is_batch: false,
        labels: Labels { goal: Some("g"), ..Labels::default() },
        environment: &[],
        folder: Path::new("."),
    };
    let (stopper, end) = tasks.runner.begin(run).expect("nothing is refused");
    let sleeping = "select count(*) from pg_stat_activity where query like 'select pg_sleep%'";
    let began = Instant::now();
    let ended = thread::scope(|scope| {
        let end = scope.spawn(|| tasks.runtime.block_on(end));
        until("the server sleeps", || postgres.execute(sleeping) == "1");
        stopper.stop();
        end.join().expect("it does not panic")
    });
    assert!(began.elapsed() < Duration::from_secs(60), "it was not waited for");
    assert!(why(&ended).contains("canceling statement due to user request"), "{ended:?}");
    assert_eq!(postgres.execute("select count(*) from t"), "0");
}

#[test]
fn sqlite_does_what_an_action_says() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let file = folder.path().join("world.db");
    let world = Connection::open(&file).expect("a database");
    world.execute_batch("create table t(c text, d text, n int unique)").expect("no mistakes");
    let act = |statements: &str, options: &str, instances: &[&str]| {
        Tasks::new(&action("sqlite:world.db", statements, options)).act(instances, folder.path())
    };
    let rows = || -> String {
        let sql = "select coalesce(group_concat(c || d || n), '') from t";
        world.query_row(sql, [], |row| row.get(0)).expect("one row")
    };
    let ended = act("insert into t values ({c}, {d}, {n})", "", &[INSTANCE]);
    assert!(is_done(&ended), "{ended:?}");
    assert_eq!(rows(), "Robert'); drop table t; --2026-03-257");
    let insert = "delete from t where n = {n}; insert into t values ({c}, {d:%d}, {n} + 1)";
    let batch = ["\"a\", 2026-03-25, 1", "\"b\", 2026-03-26, 7", "\"c\", 2026-03-26, 7"];
    let ended = act(insert, ", batch 5", &batch);
    assert!(why(&ended).contains("UNIQUE constraint failed: t.n"), "{ended:?}");
    assert_eq!(rows(), "Robert'); drop table t; --2026-03-257");
    assert!(is_done(&act(insert, ", batch 5", &batch[..2])));
    assert_eq!(rows(), "a252,b268");
    let ended = Tasks::new(&action("sqlite:other.db", insert, "")).act(&[INSTANCE], folder.path());
    assert!(why(&ended).contains("unable to open database file"), "{ended:?}");
}

/// Nothing is executed.
#[test]
fn what_cannot_be_filled_in_is_refused() {
    let tasks = Tasks::new(&action("$OWED_TEST_NOT_SET", "delete from t", ""));
    let refused = tasks.begin_to_act(&[INSTANCE], Path::new(".")).expect_err("it is not set");
    assert_eq!(refused.to_string(), "the environment variable OWED_TEST_NOT_SET is not set");
    let tasks = Tasks::new(&action("sqlite:t.db", "delete from t where c = {c}", ""));
    let refused = tasks.begin_to_act(&["\"a\\u0000b\", 2026-03-25, 7"], Path::new("."));
    assert!(refused.expect_err("NUL").to_string().ends_with("of \"c\" holds NUL"));
}
