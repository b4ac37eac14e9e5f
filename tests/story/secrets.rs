//! What was written down in all this time.

use std::path::{Path, PathBuf};

use super::story::Story;

/// None of the passwords stands in a log, in the store, in its history, or in anything else that
/// is in the folder, but where it was put on purpose; nor in what the server says when asked.
pub fn none_is_written_down(story: &mut Story) {
    let world = &story.world;
    for question in [
        vec!["status"],
        vec!["status", "--output", "json"],
        vec!["why", "--roots"],
        vec!["why", "results(\"501\", 2026-03-25)"],
        vec!["history", "csv(\"501\", 2026-03-26)"],
        vec!["list", "source.status"],
        vec!["store", "export", "exported"],
        vec!["expand", "story.rules"],
        vec!["explain", "story.rules"],
    ] {
        let (_, said) = world.owed_ends(&question);
        let name = format!("log/said by {}", question.join(" ").replace('/', " "));
        world.write(&name, &said);
    }
    let files = files(&world.path(""));
    assert!(files.iter().any(|file| file.ends_with("owed-data/owed.db")), "{files:?}");
    assert!(files.iter().any(|file| file.ends_with("log/owed")), "{files:?}");
    assert_eq!(story.passwords.len(), 4);
    let mut places = Vec::new();
    for file in &files {
        let content = std::fs::read(file).unwrap_or_default();
        for (number, password) in story.passwords.iter().enumerate() {
            let bytes = password.as_bytes();
            if content.windows(bytes.len()).any(|window| window == bytes) {
                places.push(format!("password {number} in {}", file.display()));
            }
        }
    }
    // So much for the search: it finds what is there.
    let on_purpose = |place: &String| place.ends_with("/env") || place.contains("/secrets/");
    let (known, unknown): (Vec<String>, Vec<String>) = places.into_iter().partition(on_purpose);
    assert!(known.len() >= story.passwords.len(), "{known:?}");
    assert_eq!(unknown, [""; 0]);
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("it is ours").flatten() {
            match entry.path() {
                path if path.is_symlink() => {}
                path if path.is_dir() => folders.push(path),
                path if path.is_file() => found.push(path),
                _ => {}
            }
        }
    }
    found
}
