//! A server with all of it: sources and actions by SQL, requests, and secrets that nobody sees.

use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::postgres::{PASSWORD, Postgres, USER};
use crate::web::{Web, reply};
use crate::world::until;

const TOKEN: &str = "t0ken-of-the-tests";

const RULES: &str = r#"
input wanted(c: text, d: date) from sql "$WAREHOUSE" "select c, d from wanted" every 1h,
    notify "wanted".
observe loaded(c: text, d: date, rows: int) key (c, d)
    from sql "postgres://warehouse:$PASSWORD@127.0.0.1:$PORT/postgres"
        "select c, d, count(*) as rows from results group by c, d" every 200ms.
observe told(c: text, d: date).

goal results(c: text, d: date) {
    expect :- wanted(c, d).
    ok     :- loaded(c, d, n), n > 0.
    needs announced(c, d).
    action sql "$WAREHOUSE"
        "delete from results where c = {c} and d = {d};"
        "insert into results select {c}, {d}, n from generate_series(1, 3) n"
        within 1m, backoff 100ms..500ms.
}

goal announced(c: text, d: date) {
    ok :- told(c, d).
    check http GET "$WEB/told" every 200ms, ok never, bearer "$TOKEN".
    action http POST "$WEB/announce/{c}" within 1m, backoff 100ms..500ms, bearer "$TOKEN".
}
"#;

/// A server in a folder of its own.
struct Server {
    folder: tempfile::TempDir,
    child: Child,
}

impl Server {
    fn start(rules: &str, environment: &[(&str, String)]) -> Server {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        fs::write(folder.path().join("world.rules"), rules).expect("the folder can be written to");
        let log = File::create(folder.path().join("log")).expect("a log");
        let mut command = owed(folder.path(), &["serve", "world.rules"]);
        command.envs(environment.iter().map(|(name, value)| (*name, value)));
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        let mut server = Server { child: child.expect("the program can be started"), folder };
        let socket = server.folder.path().join("owed-data/socket");
        until("the server listens", || {
            let ended = server.child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the server has ended: {}", server.log());
            UnixStream::connect(&socket).is_ok()
        });
        server
    }

    /// All that a command says.
    fn ask(&self, arguments: &[&str]) -> String {
        let output = owed(self.folder.path(), arguments).output().expect("it can be started");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("there is a log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn owed(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env_remove("OWED_DATA").env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
    command
}

/// An API that asks for a token, has troubles at first, and says whom it was told of.
fn api() -> Web {
    let told = std::sync::Mutex::new(Vec::new());
    Web::start(move |seen| {
        let mut told = told.lock().expect("nobody panics with it");
        if seen.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return reply("401 Unauthorized", "who are you?");
        }
        if seen.line.starts_with("GET /told") {
            let lines: Vec<String> = told.iter().map(|who| format!("+told({who})\n")).collect();
            return reply("200 OK", &lines.concat());
        }
        let is_first = told.is_empty() && !seen.headers.is_empty() && {
            told.push("\"nobody\", 2026-01-01".to_string());
            true
        };
        if is_first {
            let said = format!("not now, {}", seen.header("authorization").unwrap_or_default());
            return reply("503 Service Unavailable", &said);
        }
        let sent: serde_json::Value = serde_json::from_str(&seen.body).expect("JSON");
        told.push(format!("{}, {}", sent["c"], sent["d"].as_str().expect("a date")));
        reply("202 Accepted", "{}")
    })
}

/// Rows of one table become results in another, through an API; a server that is restarted and
/// rows that vanish are noticed and made good; and no secret is in anything that is written.
#[test]
fn a_warehouse_is_kept_whole() {
    let Some(mut postgres) = Postgres::start() else { return };
    let web = api();
    postgres.execute(
        "create table wanted(c text, d date); create table results(c text, d date, n int); \
         insert into wanted values ('501', '2026-03-25'), ('502', '2026-03-25')",
    );
    let port =
        postgres.url().rsplit_once("127.0.0.1:").expect("loopback").1.replace("/postgres", "");
    let environment = [
        ("WAREHOUSE", postgres.url()),
        ("PASSWORD", PASSWORD.to_string()),
        ("PORT", port),
        ("WEB", web.url("")),
        ("TOKEN", TOKEN.to_string()),
    ];
    let server = Server::start(RULES, &environment);
    let rows = "select count(*) from results";
    until("both are loaded", || postgres.execute(rows) == "6");
    assert!(server.log().contains("sql of results: 3 rows"), "{}", server.log());
    assert!(server.log().contains("HTTP 503 Service Unavailable: not now, Bearer $TOKEN"));

    // Somebody deletes rows, and somebody wants more and says so.
    postgres.execute("delete from results where c = '501'");
    until("it is repaired", || postgres.execute(rows) == "6");
    postgres.execute("insert into wanted values ('503', '2026-03-25'); notify wanted");
    until("the third is loaded", || postgres.execute(rows) == "9");

    let is_whole = || server.ask(&["status", "--output", "json"]).contains(r#"["ok",3]"#);
    until("that is seen", is_whole);

    // A database that is gone withdraws nothing, and heals by itself.
    postgres.stop();
    until("it is noticed", || server.log().contains("Connection refused"));
    let status = server.ask(&["status"]);
    assert!(status.contains("Connection refused"), "{status}");
    assert!(is_whole(), "{}", server.ask(&["status"]));
    postgres.start_again();
    postgres.execute("delete from results where c = '502'");
    until("it is repaired again", || postgres.execute(rows) == "9");

    // The password is changed, and changed back.
    postgres.execute("alter role warehouse password 'changed'");
    postgres_is_refused(&server, &mut postgres);
    let mut written = server.log() + &server.ask(&["why", "--roots"]) + &server.ask(&["status"]);
    for command in [&["history"][..], &["why", "results(\"501\", 2026-03-25)"], &["why"]] {
        written += &server.ask(command);
    }
    written += &everything(server.folder.path());
    for secret in [PASSWORD, "s3cret/of@tests", "s3cret", TOKEN] {
        assert!(!written.contains(secret), "{secret} is written somewhere");
    }
    assert!(written.contains(USER), "what was searched is not empty");
}

fn postgres_is_refused(server: &Server, postgres: &mut Postgres) {
    let refused = "password authentication failed for user \"warehouse\"";
    until("the password is refused", || server.log().contains(refused));
    // Its own password is the old one.
    postgres.reset_password();
    let log = server.log().len();
    until("it is read well", || server.log()[log..].contains("is read well"));
}

/// What all files below a folder hold, as far as it can be read as text.
fn everything(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).expect("it is a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => all += &everything(&path),
            false => {
                // Sockets have nothing to be read.
                let bytes = fs::read(&path).unwrap_or_default();
                all += &String::from_utf8_lossy(&bytes);
            }
        }
    }
    all
}
