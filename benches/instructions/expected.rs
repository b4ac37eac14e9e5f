//! The counts that were accepted, in a file that can be read and compared.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

/// Instructions by program and part.
pub type Counts = BTreeMap<String, u64>;

/// In percent, how many more instructions something may take.
const TOLERANCE: f64 = 5.0;
/// The same where the compiler has changed, which moves every count a little.
const TOLERANCE_OTHER_COMPILER: f64 = 20.0;

/// Counts, and the compiler that they are of.
pub struct Expected {
    compiler: String,
    pub counts: Counts,
}

impl Expected {
    /// Counts of the compiler that is there.
    pub fn of(counts: Counts) -> Expected {
        Expected { compiler: compiler(), counts }
    }

    /// What was accepted.
    pub fn read() -> Expected {
        let text = std::fs::read_to_string(path()).expect("`expected.txt` is there");
        let mut expected = Expected { compiler: String::new(), counts: Counts::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.split_once('=').expect("lines of `expected.txt` have a `=`");
            let (name, value) = (name.trim(), value.trim());
            match name {
                "compiler" => expected.compiler = value.to_string(),
                _ => {
                    let count = value.replace('_', "").parse().expect("a number of instructions");
                    expected.counts.insert(name.to_string(), count);
                }
            }
        }
        expected
    }

    /// In percent, how many more instructions something may take with the compiler that is there.
    pub fn tolerance(&self) -> f64 {
        let found = compiler();
        if found == self.compiler {
            return TOLERANCE;
        }
        println!(
            "the counts were accepted with {}, and this is {found}: up to {} % more is let pass",
            self.compiler, TOLERANCE_OTHER_COMPILER
        );
        TOLERANCE_OTHER_COMPILER
    }

    /// Accepts the counts.
    pub fn write(&self) {
        let mut text = "# Instructions that parts of small programs take. \
            `cargo bench --bench instructions` compares,\n\
            # with `-- --accept` it writes this file.\n"
            .to_string();
        let mut add = |name: &str, value: &str| {
            writeln!(text, "{name} = {value}").expect("memory takes all");
        };
        add("compiler", &self.compiler);
        for (name, count) in &self.counts {
            add(name, &count.to_string());
        }
        std::fs::write(path(), text).expect("`expected.txt` can be written");
        println!("{} counts are accepted: {}", self.counts.len(), path().display());
    }
}

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "benches", "instructions", "expected.txt"].iter().collect()
}

/// Which compiler is in use, and for what.
fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("rustc is there");
    let version = String::from_utf8_lossy(&output.stdout);
    format!("{} for {}", version.trim(), std::env::consts::ARCH)
}
