//! The house rules that a machine can hold: which room may import which, how long a file, a
//! function and a line may be, what a `mod.rs` is for, and words that stay out of the sources.
//! Each finding says file, line and rule. The detectors read tokens, with comments and texts
//! blanked out, and count braces; they have tests of their own, so that they are known to fail.

#[path = "tidy/detectors.rs"]
mod detectors;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use source::{Finding, Source};

/// Everything found is shown at once.
fn hold(what: &str, folders: &[&str], detector: fn(&Source) -> Vec<Finding>) {
    let sources: Vec<Source> = folders.iter().flat_map(|folder| read(folder)).collect();
    assert!(!sources.is_empty(), "no sources in {folders:?}");
    let found: Vec<String> = sources
        .iter()
        .flat_map(|source| detector(source).into_iter().map(|found| found.show(&source.path)))
        .collect();
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn rooms_import_only_what_the_table_says() {
    hold("a room imports what it may not", &["src"], layers::check);
}

#[test]
fn foreign_names_stay_in_their_rooms() {
    hold("a name stands outside its room", &["src"], detectors::foreign);
}

#[test]
fn files_are_short() {
    hold("too long", &["src", "tests", "benches"], detectors::file_length);
}

#[test]
fn functions_are_short() {
    hold("too long", &["src", "tests", "benches"], detectors::function_length);
}

#[test]
fn lines_are_short() {
    hold("too wide", &["src", "tests", "benches", "grammar", "rules"], detectors::line_width);
}

#[test]
fn roots_only_route() {
    hold("a mod.rs holds more than docs and routes", &["src"], detectors::roots);
}

#[test]
fn words_that_stay_out() {
    hold("a word that stays out", &["src", "tests", "benches", "grammar"], detectors::words);
}

/// The texts below a folder that people write, in order of their paths.
fn read(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let name = path.strip_prefix(root).expect("below the root").display().to_string();
            Source::new(name, text)
        })
        .collect()
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    // A folder that is not there yet holds nothing.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        // What cargo made is nobody's text: the peers have a target folder of their own.
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, paths);
        } else if matches!(extension, Some("rs" | "lalrpop" | "rules")) {
            paths.push(path);
        }
    }
}
