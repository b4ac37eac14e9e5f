//! A PostgreSQL of a test's own: a cluster in a folder for temporary files, on a free port of
//! loopback, which ends with the test. Where PostgreSQL is not installed, the test says that it
//! is left out.
//!
//! PostgreSQL refuses to run as root: then it runs as the user `postgres`, which Debian's package
//! makes.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown, geteuid};
use tempfile::TempDir;

/// The superuser of every cluster, and how it proves it.
pub const USER: &str = "warehouse";
pub const PASSWORD: &str = "s3cret%2Fof%40tests";
/// The same, as it is typed.
const PASSWORD_TYPED: &str = "s3cret/of@tests";

/// A cluster that runs.
pub struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// One that has just been made; `None`, with that said, where none can be.
    pub fn start() -> Option<Postgres> {
        let Some(programs) = programs() else {
            skipped("PostgreSQL is not installed (Debian: apt install postgresql)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a free port").port();
        let mut postgres = Postgres { folder, programs, port, server: None };
        if let Some(owner) = owner() {
            chown(postgres.folder.path(), Some(owner.uid), Some(owner.gid)).expect("we are root");
        }
        fs::write(postgres.path("password"), PASSWORD_TYPED).expect("the folder can be written to");
        let mut initdb = postgres.command("initdb");
        initdb.args(["--username", USER, "--pwfile", "password", "--auth=scram-sha-256"]);
        initdb.args(["--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata=data"]);
        let made = initdb.output().expect("initdb can be started");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        postgres.start_again();
        Some(postgres)
    }

    /// Starts the server that was stopped.
    pub fn start_again(&mut self) {
        let mut server = self.command("postgres");
        server.args(["-D", "data", "-h", "127.0.0.1", "-p", &self.port.to_string(), "-k", "."]);
        server.args(["-c", "fsync=off", "-c", "logging_collector=off"]);
        let log = fs::File::options().create(true).append(true).open(self.path("log"));
        server.stderr(log.expect("a log")).stdout(Stdio::null());
        self.server = Some(server.spawn().expect("postgres can be started"));
        let began = Instant::now();
        while !self.psql("select 1").status.success() {
            let log = fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(began.elapsed() < PATIENCE, "waited in vain for PostgreSQL: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server, and all of its connections, at once.
    pub fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let pid = Pid::from_raw(server.id().try_into().expect("process ids are small"));
        // It may have ended by itself.
        let _ = kill(pid, Signal::SIGINT);
        let _ = server.wait();
    }

    /// Where it is, as rules say it.
    pub fn url(&self) -> String {
        self.url_of(USER, PASSWORD)
    }

    /// The same, for somebody else.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/postgres", self.port)
    }

    /// Executes statements, which have no mistakes, and gives what they print: a line a row.
    pub fn execute(&self, sql: &str) -> String {
        let done = self.psql(sql);
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("UTF-8").trim_end().to_string()
    }

    /// Gives the superuser its first password again, by the one way that asks for none: a server of
    /// one user alone, for which the other has to stop.
    pub fn reset_password(&mut self) {
        self.stop();
        let mut single = self.command("postgres");
        single.args(["--single", "-D", "data", "postgres"]).stdin(Stdio::piped());
        let mut single =
            single.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("postgres");
        let sql = format!("alter role {USER} password '{PASSWORD_TYPED}';\n");
        let mut input = single.stdin.take().expect("it is piped");
        input.write_all(sql.as_bytes()).expect("it reads");
        drop(input);
        assert!(single.wait().expect("it ends").success());
        self.start_again();
    }

    /// From now on it encrypts, with a certificate of its own; false where none can be made.
    pub fn begin_tls(&self) -> bool {
        let mut openssl = self.command("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        openssl.args(["-nodes", "-keyout", "data/server.key", "-out", "data/server.crt"]);
        openssl.args(["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        if !openssl.output().is_ok_and(|made| made.status.success()) {
            return false;
        }
        self.execute("alter system set ssl = on");
        self.execute("select pg_reload_conf()");
        true
    }

    /// What it proves itself with.
    pub fn certificate(&self) -> PathBuf {
        self.path("data/server.crt")
    }

    fn psql(&self, sql: &str) -> std::process::Output {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        psql.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", USER, "postgres"]);
        psql.env("PGPASSWORD", PASSWORD_TYPED).stdin(Stdio::null());
        psql.output().expect("psql can be started")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program of PostgreSQL, as the user that may run it, which ends with us.
    fn command(&self, program: &str) -> Command {
        let own = self.programs.join(program);
        let mut command = Command::new(if own.is_file() { own } else { program.into() });
        if let Some(owner) = owner() {
            command.uid(owner.uid.as_raw()).gid(owner.gid.as_raw());
        }
        command.current_dir(self.folder.path()).stdin(Stdio::null()).process_group(0);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Says what is left out of a test, past the harness, which keeps what tests print that go well.
pub fn skipped(why: &str) {
    let name = std::thread::current().name().unwrap_or_default().to_string();
    // Who closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {name}: {why}");
}

/// Whom it runs as, where we are root.
fn owner() -> Option<User> {
    if !geteuid().is_root() {
        return None;
    }
    let found = User::from_name("postgres").expect("users can be looked up");
    Some(found.expect("PostgreSQL's package makes the user postgres"))
}

/// The newest version's programs: where Debian has them, or on the path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has_all = |folder: &PathBuf| has(folder, "initdb") && has(folder, "psql");
    let mut found: Vec<PathBuf> = debian.filter(has_all).collect();
    found.sort();
    found.pop().or_else(|| std::env::split_paths(&path).find(has_all))
}

fn has(folder: &Path, program: &str) -> bool {
    folder.join(program).is_file()
}

/// Longer than this no server takes to start, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);
