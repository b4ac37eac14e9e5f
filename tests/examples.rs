//! The example programs, the reference of the language and the README do what they say, and the
//! map of the source shows what is there. `UPDATE=1 cargo test --test examples` writes the
//! generated data and what comes of the pages' examples anew; read the diff.

#[path = "examples/data.rs"]
mod data;
#[path = "examples/document.rs"]
mod document;
#[path = "examples/map.rs"]
mod map;
#[path = "examples/replay.rs"]
mod replay;

use std::fs;
use std::path::{Path, PathBuf};

use owed::compile::{Compiled, compile};
use replay::{Replayed, replay};

const REFERENCE: &str = "rules/REFERENCE.md";

/// The data beside the examples is what its rule makes.
#[test]
fn data_is_reproduced() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for (path, content) in data::files() {
        let path = rules.join(path);
        let mut found = fs::read_to_string(&path).unwrap_or_default();
        // Other tests read these files meanwhile, so what is right is left as it is.
        if is_update() && found != content {
            fs::write(&path, &content).expect("rules/ can be written");
            found.clone_from(&content);
        }
        assert!(found == content, "{} differs: UPDATE=1 writes it anew", path.display());
    }
}

/// Every example of the language reference.
#[test]
fn the_reference_is_right() {
    is_right(REFERENCE);
}

/// Every command of the README's tour.
#[test]
fn the_readme_is_right() {
    is_right("README.md");
}

/// A function, an aggregate or a relation of goals that the reference leaves out is unknown to
/// whoever learns the language from it.
#[test]
fn the_reference_is_complete() {
    let reference = read(REFERENCE);
    let no_function = said_of("wrong(no_such_function(1)).");
    let (_, functions) = no_function.split_once("There are: ").expect("it names all functions");
    let functions = functions.trim_end_matches(['.', '\n']).split(", ");
    let mut missing: Vec<String> = functions
        .filter(|name| !reference.contains(&format!("| `{name}(")))
        .map(|name| format!("function {name}"))
        .collect();
    let goal = "goal g() { ok :- day(_). due 2026-03-25. action \"a\" within 1h, priority 1. }\n\
                input day(d: date).";
    let program = compiled(goal).program.expect("it has no errors");
    for relation in program.schema.relations() {
        if relation.name.starts_with("g.") && !reference.contains(&format!("`{}", relation.name)) {
            missing.push(format!("relation {}", relation.name));
        }
    }
    assert!(missing.is_empty(), "{REFERENCE} says nothing of: {}", missing.join(", "));
}

/// The names of types are held by `cargo doc`; this holds the rooms and the names of files.
#[test]
fn the_map_is_right() {
    let wrong = map::mistakes(&read("src/ARCHITECTURE.md"), &path(""));
    assert!(wrong.is_empty(), "src/ARCHITECTURE.md:\n{}", wrong.join("\n"));
}

/// What a page says comes of its examples is what comes of them.
fn is_right(page: &str) {
    let found = read(page);
    let Replayed { page: right, complaints } = replay(&found);
    assert!(complaints.is_empty(), "{page}:\n{}", complaints.join("\n"));
    let folder = path(page).parent().expect("it is in a folder").to_owned();
    let dead = document::dead_links(&document::parse(&found), &folder);
    assert!(dead.is_empty(), "links of {page} that lead nowhere: {}", dead.join(", "));
    if is_update() {
        return fs::write(path(page), right).expect("the page can be written");
    }
    let diff = similar::TextDiff::from_lines(&found, &right);
    assert!(found == right, "{page} differs (UPDATE=1 writes it anew):\n{}", diff.unified_diff());
}

fn said_of(program: &str) -> String {
    let compiled = compiled(program);
    owed::diagnostic::render_text(
        &compiled.diagnostics,
        &compiled.sources,
        owed::diagnostic::Look::PLAIN,
    )
}

fn compiled(program: &str) -> Compiled {
    compile(Path::new("example.rules"), &mut |_| Ok(program.into()))
}

fn read(page: &str) -> String {
    fs::read_to_string(path(page)).expect("the page is there")
}

fn path(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(page)
}

fn is_update() -> bool {
    std::env::var_os("UPDATE").is_some()
}
