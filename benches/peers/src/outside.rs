//! Dagster and Luigi, by scripts in a virtual environment of their own (`outside/setup`).

use std::path::Path;
use std::process::Command;

use harness::Report;

/// Nothing, if the environment is not there.
pub fn measure(peer: &str, is_quick: bool) -> Option<Report> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = folder.join("venv/bin/python");
    if !python.exists() {
        eprintln!("{peer} is left out: run outside/setup");
        return None;
    }
    let campaigns = if is_quick { "100" } else { "1000" };
    let work = std::env::temp_dir().join(format!("owed-peers-{peer}-{}", std::process::id()));
    std::fs::create_dir_all(&work).expect("the temporary folder takes folders");
    let output = Command::new(python)
        .arg(folder.join(format!("outside/{peer}_bench.py")))
        .args(["--campaigns", campaigns, "--days", "31"])
        .current_dir(&work)
        .output()
        .expect("Python can be started");
    std::fs::remove_dir_all(&work).expect("it was made above");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{peer}: {error}");
    Some(Report::parse(&String::from_utf8_lossy(&output.stdout)))
}
