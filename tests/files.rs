//! Files as rows: what single paths say, and that a walk, and what is heard of paths one by one,
//! find what looking at every file finds. `OWED_SEED=…` plays one random tree.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use owed::compile::compile;
use owed::model::{Relation, Row, Value};
use owed::runtime::{Files, PathPattern, Place, Said};

const TREES: u64 = 60;

fn relation(columns: &str, pattern: &str) -> Relation {
    let rules = format!("observe r({columns}) from files \"{pattern}\".");
    let compiled = compile(Path::new("r.rules"), &mut |_| Ok(rules.clone().into_bytes()));
    let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    program.schema.find("r").expect("it is declared").clone()
}

/// What a path below the root says, in words.
fn said(columns: &str, pattern: &str, path: &str) -> String {
    let relation = relation(columns, pattern);
    let pattern = PathPattern::parse(pattern, &relation).expect("it names files");
    match pattern.read(Path::new(path)) {
        Said::Nothing => "nothing".to_string(),
        Said::Wrong(why) => format!("wrong: {why}"),
        Said::Values(values) => {
            let value = |(place, value): (usize, Value)| {
                format!("{}={value}", relation.columns[place].name)
            };
            let mut values: Vec<String> = values.into_iter().map(value).collect();
            values.sort();
            values.join(" ")
        }
    }
}

#[test]
fn paths_say_values_of_their_types() {
    let day = "id: text, day: date";
    for (columns, pattern, path, expected) in [
        (day, "in/{id}/{day}.csv", "501/2026-03-25.csv", "day=2026-03-25 id=\"501\""),
        (day, "{id}-{day}.csv", "a-b-2026-03-25.csv", "day=2026-03-25 id=\"a-b\""),
        (day, "{id}/{day:%Y%m%d}.csv", "501/20260325.csv", "day=2026-03-25 id=\"501\""),
        (day, "{id}/{day:%Y%m%d}-{id}", "5/20260325-5", "day=2026-03-25 id=\"5\""),
        (day, "{id}/{day:%Y%m%d}-{id}", "5/20260325-6", "nothing"),
        (day, "{id}/{day}.csv", "501/2026-03-25.csv.tmp", "nothing"),
        (day, "{id}/{day}.csv", "501/x/2026-03-25.csv", "nothing"),
        (day, "{id}/{day}.csv", "501/.csv", "nothing"),
        (day, "{id}/{day}.csv", ".501/2026-03-25.csv", "nothing"),
        (day, "**/{id}/{day}", "a/b/501/2026-03-25", "day=2026-03-25 id=\"501\""),
        (day, "**/{id}/{day}", "501/2026-03-25", "day=2026-03-25 id=\"501\""),
        (day, "**/{id}/{day}", ".a/501/2026-03-25", "nothing"),
        ("n: int", "{n}.{{gz}}", "007.{gz}", "n=7"),
        ("n: int", "{n}.gz", "x.gz", "wrong: \"n\": \"x\" is not an int"),
        ("n: int, m: int", "{n}.{m}.gz", "1.2.gz", "m=2 n=1"),
        ("t: time", "{t:%Y%m%dT%H%M}", "20260325T0815", "t=2026-03-25T08:15Z"),
        ("id: text", "dt={id}/_SUCCESS", "dt=a b/_SUCCESS", "id=\"a b\""),
    ] {
        let found = said(columns, pattern, path);
        assert!(found.starts_with(expected), "{pattern} and {path}: {found}");
    }
    // Both ways: what a format reads is what it would write.
    for wrong in ["2026325", "20260230", "+20260325", "20260325 ", "2026-325"] {
        let found = said("day: date", "{day:%Y%m%d}.csv", &format!("{wrong}.csv"));
        assert!(found.starts_with("wrong: \"day\": "), "{wrong}: {found}");
    }
}

const PATTERNS: [(&str, &str); 6] = [
    ("a: text, b: int", "in/{a}/{b}.x"),
    ("a: text, b: int, bytes: int", "in/**/{a}-{b}.x"),
    ("b: int", "in/a/**/{b}.x"),
    ("a: text", "in/{a}"),
    ("a: text, b: int, modified: time", "**/a/{a}/{b}.x"),
    ("bytes: int", "in/a/1.x"),
];

#[test]
fn walks_and_events_find_what_is_there() {
    let seeds = match std::env::var("OWED_SEED") {
        Ok(seed) => vec![seed.parse().expect("OWED_SEED is a number")],
        Err(_) => (0..TREES).collect(),
    };
    let mut most = 0;
    for seed in seeds {
        let (columns, pattern) = PATTERNS[usize::try_from(seed).expect("small") % PATTERNS.len()];
        println!("OWED_SEED={seed}: {pattern}");
        most += play(&relation(columns, pattern), pattern, &mut Rng::with_seed(seed));
    }
    assert!(most > 0, "no file was one of the pattern's");
}

/// How many rows there ever were at once.
fn play(relation: &Relation, pattern: &str, rng: &mut Rng) -> usize {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    fs::create_dir_all(folder.path().join("in")).expect("a folder");
    let place = Place::new(folder.path());
    let mut files = Files::of(pattern, relation, &place).expect("no variable is in it");
    if !files.root().is_dir() {
        assert!(files.walk().is_err(), "a root that is not there is no empty folder");
        fs::create_dir_all(files.root()).expect("a folder");
    }
    files.walk().expect("it can be listed");
    let mut most = 0;
    for _ in 0..40 {
        let path = some_path(rng);
        let full = files.root().join(&path);
        match full.is_file() {
            true if rng.bool() => fs::remove_file(&full).expect("it is ours"),
            true => fs::write(&full, vec![b'x'; rng.usize(0..9)]).expect("room"),
            false if full.exists() => continue,
            false => {
                let parent = full.parent().expect("it is below the root");
                // A file may stand where a folder would have to be.
                if fs::create_dir_all(parent).is_err() {
                    continue;
                }
                fs::write(&full, "x").expect("room");
            }
        }
        let before = rows(&files);
        let has_changed = files.look_at(&path).expect("it can be looked at");
        let heard = rows(&files);
        assert!(has_changed || heard == before, "{} has changed", path.display());
        files.walk().expect("it can be listed");
        assert_eq!(heard, rows(&files), "heard of, and walked: {}", path.display());
        assert_eq!(heard.len(), every_file(relation, pattern, files.root()), "every file");
        most = most.max(heard.len());
    }
    most
}

fn rows(files: &Files) -> BTreeSet<Row> {
    files.reading().rows.into_iter().collect()
}

/// How many different rows all files have whose paths are read as the pattern says.
fn every_file(relation: &Relation, pattern: &str, root: &Path) -> usize {
    let pattern = PathPattern::parse(pattern, relation).expect("it names files");
    let (mut rows, mut open) = (BTreeSet::new(), vec![PathBuf::new()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("a folder").flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                open.push(path);
            } else if let Said::Values(mut values) = pattern.read(&path) {
                let data = entry.metadata().expect("it is there");
                values.sort();
                // What the file tells is no part of its path.
                let told = relation.columns.iter().filter_map(|column| match &*column.name {
                    "bytes" => Some(data.len().to_string()),
                    "modified" => Some(format!("{:?}", data.modified().expect("it is known"))),
                    _ => None,
                });
                rows.insert((values, told.collect::<Vec<String>>()));
            }
        }
    }
    rows.len()
}

fn some_path(rng: &mut Rng) -> PathBuf {
    let mut path = PathBuf::new();
    for _ in 0..rng.usize(0..4) {
        path.push(["a", "b", "a-1", ".a", "in"][rng.usize(..5)]);
    }
    path.join(["1.x", "2.x", "a-1.x", "b-a-2.x", "y.x", "a", ".1.x", "1.x.tmp"][rng.usize(..8)])
}
