//! The servers of the world, and what people and systems do in it that are not ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use jiff::civil::Date;
use tempfile::TempDir;

const PAUSE: Duration = Duration::from_millis(100);

/// So much of the server's log is shown of a story that ends badly.
const LOG_LINES_SHOWN: usize = 40;

/// A folder with the rules, their scripts and the servers around them; ended when it is dropped.
pub struct World {
    folder: TempDir,
    limit: Duration,
}

impl World {
    /// Sets everything up, with the first and the last of the campaigns.
    pub fn start(campaigns: &[&str], limit: Duration) -> World {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        // Others have to pass through it: the servers run as users of their own.
        let open = fs::Permissions::from_mode(0o711);
        fs::set_permissions(folder.path(), open).expect("it is ours");
        let world = World { folder, limit };
        *RUNNING.lock().expect("nobody panics with it") = Some(world.path(""));
        let start = Command::new(rules().join("start"))
            .arg(world.path(""))
            .args(campaigns)
            .stdin(Stdio::null())
            .status();
        let status = start.expect("rules/story/start can be run");
        assert!(status.success(), "rules/story/start: {status}");
        world
    }

    /// A file or folder of the world.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("story").join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// Whatever it takes in the folder, with the environment of who works there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-euc", ". ./env; exec \"$0\" \"$@\"", program]);
        command.current_dir(self.path("")).stdin(Stdio::null());
        let ours = Path::new(env!("CARGO_BIN_EXE_owed")).parent().expect("it is in a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", ours.display()));
        command.env_remove("OWED_DATA").env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
        command
    }

    /// Runs something to its good end; what it prints.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output();
        printed(&format!("{program} {}", arguments.join(" ")), output.expect("there is a shell"))
    }

    /// Runs a script of the shell.
    pub fn shell(&self, script: &str) -> String {
        self.run("sh", &["-euc", script])
    }

    /// What the warehouse answers.
    pub fn sql(&self, statement: &str) -> String {
        self.run("psql", &["-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement])
    }

    pub fn count(&self, query: &str) -> usize {
        let answer = self.sql(&format!("select count(*) from {query}"));
        answer.trim().parse().expect("a count is a number")
    }

    /// The ad network puts the files of a day there.
    pub fn publish(&self, day: Date, campaigns: &[String]) {
        let day = day.to_string();
        let campaigns = campaigns.iter().map(String::as_str);
        let arguments: Vec<&str> = [day.as_str()].into_iter().chain(campaigns).collect();
        self.run("world/publish", &arguments);
    }

    /// The other team's job for a day works.
    pub fn price(&self, day: Date) {
        self.run("world/prices", &[&day.to_string()]);
    }

    /// The ad network's next password.
    pub fn change_password(&self, password: &str) {
        self.shell(&format!("printf %s {password} | world/password"));
    }

    /// How often files were read from the ad network, by their path below its folder.
    pub fn transfers(&self) -> Vec<String> {
        let log = self.read("log/sftp");
        let opened = log.lines().filter_map(|line| line.strip_prefix("open \""));
        let paths = opened.filter_map(|rest| rest.split_once("/network/files/"));
        let paths = paths.filter_map(|(_, rest)| rest.split_once('"'));
        paths.map(|(path, _)| path.to_string()).filter(|path| path.ends_with(".csv")).collect()
    }

    /// How often the ad network has refused a password.
    pub fn refusals(&self) -> usize {
        self.read("log/sshd").matches("Failed password for").count()
    }

    /// The rules with their clock wound faster: an hour late is a few seconds late here.
    pub fn quicken(&self, every: &str) {
        let mut rules = self.read("story.rules");
        let faster = [
            ("every 10s", format!("every {every}")),
            ("backoff 5s..10m", "backoff 1s..8s".to_string()),
        ];
        for (slow, fast) in faster {
            assert!(rules.contains(slow), "{slow} is in rules/story/story.rules");
            rules = rules.replace(slow, &fast);
        }
        self.write("story.rules", &rules);
    }

    /// Waits for something, not too long; what it looks like is shown if it does not come.
    pub fn until<T>(&self, what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
        let began = Instant::now();
        loop {
            match look() {
                Ok(found) => return found,
                Err(seen) => {
                    let limit = self.limit;
                    assert!(began.elapsed() < limit, "{what}: not within {limit:?}: {seen}");
                }
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Processes that work in the folder and have this in their command line.
    pub fn processes(&self, word: &str) -> Vec<String> {
        let folder = fs::canonicalize(self.path("")).expect("it is there");
        let all = fs::read_dir("/proc").expect("there is /proc");
        let of_world = all.flatten().filter_map(|entry| {
            let place = fs::read_link(entry.path().join("cwd")).ok()?;
            let line = fs::read_to_string(entry.path().join("cmdline")).ok()?.replace('\0', " ");
            (place.starts_with(&folder) && line.contains(word)).then_some(line)
        });
        of_world.collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.path("log/owed")).unwrap_or_default();
            let first = log.lines().count().saturating_sub(LOG_LINES_SHOWN);
            log.lines().skip(first).for_each(|line| eprintln!("{line}"));
        }
        let stop = Command::new(rules().join("stop")).arg(self.path("")).status();
        if !stop.as_ref().is_ok_and(|status| status.success()) {
            eprintln!("rules/story/stop: {stop:?}");
        }
    }
}

/// The folder of the world that there is.
static RUNNING: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Ctrl-C leaves no servers behind either.
pub fn stop_when_interrupted() {
    let handler = move || {
        if let Some(folder) = &*RUNNING.lock().expect("nobody panics with it") {
            // There is nobody to tell how it went.
            let _ = Command::new(rules().join("stop")).arg(folder).status();
        }
        std::process::exit(130);
    };
    ctrlc::set_handler(handler).expect("nobody else handles it");
}

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/story")
}

pub fn printed(what: &str, output: Output) -> String {
    let (out, said) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{what}: {}: {out}{said}", output.status);
    out
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}
