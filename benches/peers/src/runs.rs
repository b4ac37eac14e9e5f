//! Processes that measure, one after the other, each peer in turn; and what they found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use harness::{Report, percentile};

use crate::outside;
use crate::process::program;
use crate::subjects::{KNOWN_WRONG, SUBJECTS, Subject};

/// What is to be measured.
pub struct Wish {
    is_quick: bool,
    /// Reports that an earlier call kept count as measured.
    resumes: bool,
    runs: usize,
    subjects: Vec<&'static Subject>,
}

impl Wish {
    pub fn parse(arguments: &[String]) -> Option<Wish> {
        let mut wish = Wish { is_quick: false, resumes: false, runs: 5, subjects: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => wish.is_quick = true,
                "--resume" => wish.resumes = true,
                "--runs" => wish.runs = arguments.next()?.parse().ok().filter(|runs| *runs > 0)?,
                name => {
                    let subject = SUBJECTS.iter().find(|subject| subject.name == name)?;
                    wish.subjects.push(subject);
                }
            }
        }
        if wish.subjects.is_empty() {
            let fits = |subject: &&Subject| !(wish.is_quick && subject.is_large);
            wish.subjects = SUBJECTS.iter().filter(fits).collect();
        }
        Some(wish)
    }
}

/// Of each subject and peer what its runs reported.
#[derive(Default)]
pub struct Found {
    pub subjects: Vec<&'static Subject>,
    reports: BTreeMap<(&'static str, &'static str), Vec<Report>>,
}

impl Found {
    pub fn median(&self, subject: &str, peer: &str, number: &str) -> Option<f64> {
        let reports = self.reports.iter().find(|(key, _)| **key == (subject, peer))?.1;
        let values = reports.iter().map(|report| report.numbers.get(number).copied());
        let mut values: Vec<f64> = values.collect::<Option<_>>()?;
        Some(percentile(&mut values, 50))
    }

    /// Totals of the same name that differ within a subject, other than those known to be wrong.
    pub fn disagreements(&self) -> Vec<String> {
        let mut agreed: BTreeMap<(&str, &str), (&str, &str)> = BTreeMap::new();
        let mut found = Vec::new();
        for ((subject, peer), reports) in &self.reports {
            if KNOWN_WRONG.iter().any(|(known, of, _)| (known, of) == (subject, peer)) {
                continue;
            }
            for (name, total) in reports.iter().flat_map(|report| &report.totals) {
                let (first, expected) =
                    agreed.entry((subject, name.as_str())).or_insert((peer, total.as_str()));
                if expected != total {
                    found.push(format!("{subject} {name}: {first} {expected}, {peer} {total}"));
                }
            }
        }
        found.dedup();
        found
    }

    /// Whether a peer's first answer is the one of ours.
    pub fn is_right(&self, subject: &str, peer: &str) -> bool {
        let total = |peer: &str| {
            let reports = self.reports.iter().find(|(key, _)| **key == (subject, peer))?.1;
            reports.first()?.totals.get("load").cloned()
        };
        total("ours") == total(peer)
    }
}

/// Measures all that is wished, and says on the way where it is.
pub fn run_all(wish: &Wish) -> Found {
    let mut found = Found { subjects: wish.subjects.clone(), ..Found::default() };
    let mut peers = wish.subjects.iter().flat_map(|subject| subject.peers);
    if peers.clone().any(|peer| peer.starts_with("flowlog")) {
        cargo(&["build", "--release", "-p", "flowlog"]);
    }
    // Where somebody has built it, it is to be as new as the rest.
    if peers.any(|peer| *peer == "dbsp") && program("dbsp-peer").exists() {
        cargo(&["build", "--release", "-p", "dbsp-peer", "--ignore-rust-version"]);
    }
    for subject in &wish.subjects {
        let runs = if subject.is_long { wish.runs.div_ceil(5) } else { wish.runs };
        for run in 1..=runs {
            for peer in subject.peers {
                let kept = kept_at(wish, subject, peer, run);
                let report = match fs::read_to_string(&kept) {
                    Ok(text) if wish.resumes => Report::parse(&text),
                    _ => {
                        eprintln!("{} {peer} {run}/{runs}", subject.name);
                        let Some(report) = measure(peer, subject.name, wish.is_quick) else {
                            continue;
                        };
                        fs::write(&kept, report.to_string()).expect("the target folder is ours");
                        report
                    }
                };
                found.reports.entry((subject.name, peer)).or_default().push(report);
            }
        }
    }
    found
}

/// Where the report of a run lies, so that what was measured is not lost with what was not.
fn kept_at(wish: &Wish, subject: &Subject, peer: &str, run: usize) -> PathBuf {
    let scale = if wish.is_quick { "quick" } else { "full" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports").join(scale);
    fs::create_dir_all(&folder).expect("the target folder is ours");
    folder.join(format!("{}.{peer}.{run}", subject.name))
}

/// Nothing, if the peer is not installed.
fn measure(peer: &str, subject: &str, is_quick: bool) -> Option<Report> {
    match peer {
        "flowlog-compile" => Some(compile()),
        "dagster" | "luigi" => outside::measure(peer, is_quick),
        "dbsp" if !program("dbsp-peer").exists() => None,
        peer => Some(measure_process(peer, subject, is_quick)),
    }
}

fn measure_process(peer: &str, subject: &str, is_quick: bool) -> Report {
    let scale = if is_quick { "quick" } else { "full" };
    let (name, arguments) = match (peer, peer.strip_prefix("flowlog-")) {
        (_, Some(mode)) => ("flowlog", vec![subject, mode, scale]),
        ("dbsp", _) => ("dbsp-peer", vec![subject, scale]),
        _ => ("peers", vec!["--measure", peer, subject, scale]),
    };
    warm_up();
    let output = Command::new(program(name)).args(arguments).output();
    let output = output.expect("what is measured is built");
    let text = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{peer} {subject}: {error}");
    Report::parse(&text)
}

/// Has a process touch as much memory as any peer takes. A virtual machine may have given back to
/// its host what it has not used lately, and whoever uses it first waits for the host at each page.
fn warm_up() {
    let ended = Command::new(program("peers")).arg("--warm-up").status();
    let ended = ended.expect("the bench can start itself");
    assert!(ended.success(), "there is memory");
}

/// How long it takes from the text of `etl` to a program, its dependencies compiled before.
fn compile() -> Report {
    let etl = ["--no-default-features", "--features", "etl", "--target-dir", "target/compile"];
    let build = [&["build", "--release", "-p", "flowlog"], etl.as_slice()].concat();
    cargo(&build);
    cargo(&["clean", "--release", "-p", "flowlog", "--target-dir", "target/compile"]);
    let start = Instant::now();
    cargo(&build);
    let mut report = Report::default();
    report.number("compile", start.elapsed().as_secs_f64() * 1e3);
    report
}

fn cargo(arguments: &[&str]) {
    let cargo = std::env::var_os("CARGO").map_or(PathBuf::from("cargo"), PathBuf::from);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(cargo).args(arguments).current_dir(folder).output();
    let output = output.expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
