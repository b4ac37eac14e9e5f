//! Scenarios of our own and of the example programs, with one worker and with two. `UPDATE=1
//! cargo test --test scenarios` rewrites what they expect.

use std::path::{Path, PathBuf};

use owed::cli::scenario::{Outcome, run};

#[test]
fn of_our_own() {
    play_all(Path::new("tests/scenarios"));
}

#[test]
fn of_the_examples() {
    play_all(Path::new("rules"));
}

/// Every `NAME.test` of a folder is about `NAME.rules` beside it.
fn play_all(folder: &Path) {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut scenarios: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "test"))
        .collect();
    scenarios.sort();
    let differences: Vec<String> = scenarios.iter().flat_map(|path| play(path)).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn play(path: &Path) -> Vec<String> {
    let rules = path.with_extension("rules");
    let text = std::fs::read_to_string(path).expect("the scenario can be read");
    let play = |workers| -> Outcome {
        run(&rules, &text, workers).unwrap_or_else(|errors| panic!("{errors}"))
    };
    let (one, two) = (play(1), play(2));
    assert_eq!(one.rewritten, two.rewritten, "{}: workers differ", path.display());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, one.rewritten).expect("the scenario can be written");
        return Vec::new();
    }
    let differing = one.blocks.iter().filter(|block| !block.is_as_expected());
    let show = |block: &owed::cli::scenario::BlockOutcome| {
        format!("{}:{} {}\n{}", path.display(), block.line, block.title, block.diff())
    };
    differing.map(show).collect()
}
