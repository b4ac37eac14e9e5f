//! The world of `rules/live` in a folder, and servers in it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

#[path = "../common/executable.rs"]
mod executable;

/// Longer than this nothing takes, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// The program, with its clock wound faster.
pub const FASTER: [(&str, &str); 3] = [
    ("ok every 10s", "ok every 400ms"),
    ("every 5s", "every 200ms"),
    ("backoff 2s..1m", "backoff 100ms..500ms"),
];

pub struct World {
    folder: TempDir,
}

impl World {
    /// A copy of `rules/live`; downloads take no time.
    pub fn new() -> World {
        let world = World { folder: tempfile::tempdir().expect("a folder for temporary files") };
        let live = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/live/.");
        executable::copy(&live, world.folder.path());
        let mut rules = world.read("campaigns.rules");
        for (slow, fast) in FASTER {
            assert!(rules.contains(slow), "{slow} is in rules/live/campaigns.rules");
            rules = rules.replace(slow, fast);
        }
        world.write("campaigns.rules", &rules);
        world.write("network/seconds", "0\n");
        world
    }

    /// One with other rules.
    pub fn with_rules(rules: &str) -> World {
        let world = World::new();
        world.write("campaigns.rules", rules);
        world
    }

    /// The same, and two campaigns of two days are wanted from a server.
    pub fn with_campaigns(arguments: &[&str]) -> (World, Server) {
        let world = World::new();
        let server = world.serve(arguments);
        world.want(&["501", "502"], ("2026-03-24", "2026-03-25"));
        (world, server)
    }

    pub fn want(&self, campaigns: &[&str], (from, to): (&str, &str)) {
        let mut lines = vec!["begin".to_string(), format!("+wanted({from}, {to})")];
        lines.extend(campaigns.iter().map(|id| format!("+campaign(\"{id}\")")));
        lines.push("commit".to_string());
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        self.done(&[&["tell"], lines.as_slice()].concat());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// A script, in place of what was there before, at once.
    pub fn script(&self, name: &str, text: &str) {
        let path = self.path(&format!("{name}.new"));
        executable::write(&path, text);
        fs::rename(path, self.path(name)).expect("it takes its place");
    }

    /// In place of what was there before, at once.
    pub fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} says: {old}");
        self.write(&format!("{name}.new"), &text.replace(old, new));
        let mode = fs::metadata(self.path(name)).expect("it is there").permissions();
        fs::set_permissions(self.path(&format!("{name}.new")), mode).expect("it is ours");
        fs::rename(self.path(&format!("{name}.new")), self.path(name)).expect("it is replaced");
    }

    pub fn remove(&self, name: &str) {
        let path = self.path(name);
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    pub fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.command_under(&[], arguments)
    }

    /// The program, started by another one that is given its command line.
    fn command_under(&self, starter: &[&str], arguments: &[&str]) -> Command {
        let mut line = [starter, &[env!("CARGO_BIN_EXE_owed")], arguments].concat().into_iter();
        let mut command = Command::new(line.next().expect("the program at least"));
        command.args(line).current_dir(self.folder.path());
        command.env_remove("OWED_DATA").env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
        command
    }

    /// Runs a command to its end.
    pub fn owed(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).stdin(Stdio::null()).output();
        output.expect("the program can be started")
    }

    /// Runs a script that calls the program by its name.
    pub fn shell(&self, script: &str) -> Output {
        let program = Path::new(env!("CARGO_BIN_EXE_owed")).parent().expect("it is in a folder");
        let path = std::env::var("PATH").expect("there is one");
        let mut command = Command::new("sh");
        command.args(["-euc", script]).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("PATH", format!("{}:{path}", program.display())).env_remove("OWED_DATA");
        command.output().expect("there is a shell")
    }

    /// A command that is not waited for.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program can be started")
    }

    /// What a command prints that goes well.
    pub fn done(&self, arguments: &[&str]) -> String {
        let (code, printed, said) = self.ended(arguments);
        assert_eq!(code, 0, "owed {}: {printed}{said}", arguments.join(" "));
        printed
    }

    /// What a command says that does not go well.
    pub fn refused(&self, code: i32, arguments: &[&str]) -> String {
        let (found, printed, said) = self.ended(arguments);
        assert_eq!(found, code, "owed {}: {printed}{said}", arguments.join(" "));
        said
    }

    pub fn ended(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = self.owed(arguments);
        let code = output.status.code().expect("it is not killed");
        (code, text(&output.stdout), text(&output.stderr))
    }

    pub fn status(&self) -> serde_json::Value {
        let status = self.done(&["status", "--output", "json"]);
        let status: serde_json::Value = serde_json::from_str(&status).expect("the status is JSON");
        assert_eq!(status["schema_version"], 1);
        status
    }

    /// Until nothing that is wanted is missing, and what has brought it about has ended.
    pub fn settle(&self) {
        self.done(&["wait", "results", "--timeout", "60s"]);
        until("its actions have ended", || {
            let status = self.status();
            let mut flights = status["in_flight"].as_array().expect("a list").iter();
            flights.all(|run| run["what"] != "action")
        });
    }

    /// The outcomes of the attempts that there ever were, in their order.
    pub fn outcomes(&self, instance: &str) -> Vec<String> {
        let history = self.done(&["history", instance, "--output", "json"]);
        let mut outcomes = Vec::new();
        for line in history.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let changes = entry["changes"].as_array().expect("changes");
            let outcome = |change: &serde_json::Value| {
                let relation = change["insert"].as_str()?;
                relation.ends_with(".attempt").then_some(())?;
                Some(change["row"]["outcome"].as_str()?.to_string())
            };
            outcomes.extend(changes.iter().filter_map(outcome));
        }
        outcomes
    }

    /// The processes that work in the folder, those of servers left out.
    pub fn processes(&self) -> Vec<String> {
        let folder = fs::canonicalize(self.folder.path()).expect("it is there");
        let all = fs::read_dir("/proc").expect("there is /proc");
        let of_world = all.flatten().filter_map(|entry| {
            let place = fs::read_link(entry.path().join("cwd")).ok()?;
            let line = fs::read_to_string(entry.path().join("cmdline")).ok()?.replace('\0', " ");
            (place.starts_with(&folder) && !line.contains(env!("CARGO_BIN_EXE_owed")))
                .then_some(line)
        });
        of_world.collect()
    }

    /// A server that listens.
    pub fn serve(&self, arguments: &[&str]) -> Server {
        self.serve_in(arguments, &[])
    }

    /// The same, with more in its environment.
    pub fn serve_in(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(&[&["serve", "campaigns.rules"], arguments].concat());
        command.envs(environment.iter().copied());
        self.started(command)
    }

    /// The same, started by another program, in whose place it is then.
    pub fn serve_under(&self, starter: &[&str]) -> Server {
        self.started(self.command_under(starter, &["serve", "campaigns.rules"]))
    }

    fn started(&self, mut command: Command) -> Server {
        let log = self.path("log");
        let file = File::options().create(true).append(true).open(&log).expect("a log");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        let child = command.spawn().expect("the program can be started");
        let mut server = Server { child, log };
        let socket = self.path("owed-data/socket");
        until("the server listens", || {
            let ended = server.child.try_wait().expect("it is ours");
            assert!(ended.is_none(), "the server has ended: {}", server.log());
            UnixStream::connect(&socket).is_ok()
        });
        server
    }

    /// A client of the socket.
    pub fn client(&self) -> Client {
        let stream = UnixStream::connect(self.path("owed-data/socket")).expect("it listens");
        stream.set_read_timeout(Some(LIMIT)).expect("a time limit");
        Client { reader: BufReader::new(stream.try_clone().expect("a second end")), stream }
    }
}

/// A server; it is killed if the test does not end it.
pub struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("there is a log")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.id()), signal).expect("it is ours");
    }

    pub fn id(&self) -> i32 {
        self.child.id().try_into().expect("process ids are small")
    }

    /// How many sockets it has open, those of clients among them.
    pub fn sockets(&self) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.id())).expect("it runs");
        let links = files.flatten().filter_map(|file| fs::read_link(file.path()).ok());
        links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
    }

    /// Its exit code.
    pub fn end(&mut self) -> Option<i32> {
        let mut status = None;
        until("the server ends", || {
            status = self.child.try_wait().expect("it is ours");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    /// As a crash does it.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        self.end();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines to a server, and lines from it.
pub struct Client {
    reader: BufReader<UnixStream>,
    stream: UnixStream,
}

impl Client {
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the server reads");
    }

    /// The next line; nothing at the end.
    pub fn receive(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("the server answers");
        line.trim_end().to_string()
    }

    pub fn ask(&mut self, line: &str) -> String {
        self.send(format!("{line}\n"));
        self.receive()
    }

    /// Everything up to the end, once nothing more is said to the server.
    pub fn rest(mut self) -> Vec<String> {
        self.stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let mut lines = Vec::new();
        loop {
            match self.receive() {
                line if line.is_empty() => return lines,
                line => lines.push(line),
            }
        }
    }
}

/// Waits for something, not too long.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        std::thread::sleep(PAUSE);
    }
}

/// Says why a test is left out, past the harness, which keeps what tests print that go well.
pub fn skipped(why: &str) {
    let name = std::thread::current().name().unwrap_or_default().to_string();
    // Who closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {name}: {why}");
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}
