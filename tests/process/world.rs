//! A folder with scripts, programs from a text, and waiting for what must happen.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use owed::compile::compile;
use owed::program::Program;
use owed::runtime::process::{Guard, Launch};

#[path = "../common/executable.rs"]
mod executable;

/// Nothing that these tests wait for takes nearly as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// A folder that is gone with the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().expect("a folder for temporary files"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        fs::write(&path, text).expect("the folder can be written to");
        path
    }

    /// A script for the shell that can be executed.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        executable::write(&path, text);
        path
    }

    /// What a file says once it is there and ends its line.
    pub fn read_once_written(&self, name: &str) -> String {
        let path = self.0.path().join(name);
        let read = || fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'));
        until(name, || read().is_some());
        read().expect("it was there").trim_end().to_string()
    }

    /// A process that runs a shell's text.
    pub fn shell(&self, text: &str) -> Launch {
        Launch {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_string(), text.to_string()],
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            folder: self.path().to_path_buf(),
            input: Vec::new(),
        }
    }
}

/// A guard as servers have it.
pub fn guard() -> Arc<Guard> {
    let program = Path::new(env!("CARGO_BIN_EXE_owed"));
    Arc::new(Guard::start(program, &["guard"]).expect("the program is built"))
}

/// A program from its text, which has no mistakes.
pub fn program(text: &str) -> Program {
    let compiled = compile(Path::new("test.rules"), &mut |_| Ok(text.as_bytes().to_vec()));
    let messages: Vec<&str> = compiled.diagnostics.iter().map(|one| &*one.message).collect();
    compiled.program.unwrap_or_else(|| panic!("{messages:?} in\n{text}"))
}

/// Waits for something that must happen.
pub fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a process is there and has not ended; one that nobody has reaped yet has ended.
pub fn is_alive(pid: i32) -> bool {
    group_and_state(pid).is_some_and(|(_, state)| state != 'Z' && state != 'X')
}

/// The processes of a group that have not ended.
pub fn alive_in_group(group: i32) -> Vec<i32> {
    let is_of_group = |pid: &i32| {
        group_and_state(*pid).is_some_and(|(of, state)| of == group && !matches!(state, 'Z' | 'X'))
    };
    processes().filter(is_of_group).collect()
}

/// All that there are.
pub fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").expect("Linux");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
}

fn group_and_state(pid: i32) -> Option<(i32, char)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Behind the name, which may hold anything: state, parent, group.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let group = fields.nth(1)?.parse().ok()?;
    Some((group, state))
}
