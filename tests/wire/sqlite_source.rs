//! Sources that are a query to a file of SQLite.

use std::path::Path;

use owed::compile::compile;
use owed::model::{SourceKind, Task};
use rusqlite::Connection;

use crate::world::read;

/// A folder with a file that these statements were executed in.
fn folder(sql: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let connection = Connection::open(folder.path().join("world.db")).expect("a database");
    connection.execute_batch(sql).expect("the statements have no mistakes");
    folder
}

fn ask(declared: &str, query: &str, folder: &Path) -> String {
    let answer = read(declared, "sqlite:world.db", query, folder);
    answer.rsplit_once("\": ").map_or(answer.clone(), |(_, why)| why.to_string())
}

#[test]
fn every_type_is_read() {
    let folder = folder("");
    let query = "select 1 as b, 7 as i, 1.5 as f, 'x' as t, '2026-03-25' as d, \
                 '2026-03-25 08:00:00' as m, '1h30m' as s \
                 union all select 0, -7, 2, '', '2026-03-26', '2026-03-25T08:00:00.5+01:00', '2s'";
    let declared = "r(s: duration, m: time, d: date, t: text, f: float, i: int, b: bool)";
    assert_eq!(
        read(declared, "sqlite:world.db", query, folder.path()),
        "1h30m, 2026-03-25T08:00Z, 2026-03-25, \"x\", 1.5, 7, true\n\
         2s, 2026-03-25T07:00:00.5Z, 2026-03-26, \"\", 2.0, -7, false\n"
    );
}

#[test]
fn paths_are_relative_or_not() {
    let folder = folder("create table r(id text); insert into r values ('a')");
    let (here, query) = (folder.path(), "select id from r");
    for url in ["sqlite:world.db", "sqlite://world.db"] {
        assert_eq!(read("r(id: text)", url, query, here), "\"a\"\n", "{url}");
    }
    let absolute = format!("sqlite:{}", here.join("world.db").display());
    assert_eq!(read("r(id: text)", &absolute, query, Path::new("/")), "\"a\"\n");
}

#[test]
fn columns_are_matched_by_name() {
    let folder = folder("");
    let of = |declared, query| read(declared, "sqlite:world.db", query, folder.path());
    let said = of("r(id: text, day: date)", "select 'a' as id, count(*) from sqlite_master");
    let expected = "cannot read the source of relation \"r\", sql \"select 'a' as id, count(*) \
                    from sqlite_master\": the query does not give \"day\", and relation \"r\" has \
                    no \"count(*)\"";
    assert_eq!(said, expected);
    let said = of("r(id: text)", "select 'a' as id, 'b' as id");
    assert!(said.ends_with("the query gives column \"id\" twice"), "{said}");
}

#[test]
fn values_that_do_not_fit_say_which_row_and_column() {
    let folder = folder("");
    let of = |declared, query| ask(declared, query, folder.path());
    let union = "select 1 as n union all select ";
    let cases = [
        ("r(n: int)", "null", "column \"n\" is NULL; leave such rows out, or use coalesce"),
        ("r(n: int)", "'7'", "\"7\" is not int"),
        ("r(n: int)", "1.5", "the number 1.5 is not int"),
        ("r(n: int)", "x'00'", "a blob is not int"),
        ("r(n: bool)", "2", "the integer 2 is not bool"),
    ];
    for (declared, second, expected) in cases {
        let said = read(declared, "sqlite:world.db", &format!("{union}{second}"), folder.path());
        assert!(said.contains("row 2: column \"n\"") && said.ends_with(expected), "{said}");
    }
    let said = of("r(n: text)", "select 7 as n");
    assert_eq!(said, "the integer 7 is not text");
    let said = of("r(n: date)", "select '25.3.2026' as n");
    assert!(said.starts_with("\"25.3.2026\" is not a date"), "{said}");
}

#[test]
fn a_source_only_reads() {
    let folder = folder("create table r(id text)");
    let of = |query| ask("r(id: text)", query, folder.path());
    let said = of("insert into r values ('a') returning id");
    assert_eq!(said, "the statement of a source only reads");
    assert_eq!(of("select id from r"), "");
    assert!(of("select id frm r").contains("syntax error"));
    // What is not there is not made.
    let said = read("r(id: text)", "sqlite:other.db", "select 'a' as id", folder.path());
    assert!(said.contains("unable to open database file"), "{said}");
    assert!(!folder.path().join("other.db").exists());
}

/// In a file that is included, a path is relative to that file.
#[test]
fn paths_go_with_their_file() {
    let included = "observe r(c: text) from sql \"sqlite:world.db\" \"select c from r\" every 5m.\n\
                    goal g(c: text) {\n ok :- r(c).\n\
                    action sql \"sqlite://world.db\" \"insert into r values ({c})\" within 1h.\n}";
    let compiled = compile(Path::new("main.rules"), &mut |path| {
        Ok(match path.to_str() {
            Some("main.rules") => b"include \"part/more.rules\".".to_vec(),
            _ => included.as_bytes().to_vec(),
        })
    });
    let program = compiled.program.expect("it has no mistakes");
    let source = program.schema.find("r").and_then(|relation| relation.source.as_ref());
    let url = |kind: &SourceKind| match kind {
        SourceKind::Sql { url, .. } => url.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(source.map(|source| url(&source.kind)).as_deref(), Some("sqlite:part/world.db"));
    let action = program.goals[0].action.as_ref().expect("it has one");
    let Task::Sql(task) = &action.task else { panic!("{action:?}") };
    assert_eq!(task.url, "sqlite:part/world.db");
}
