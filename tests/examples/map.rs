//! The map of the source held against the source: its files, its rooms, and what these import.

use std::fs;
use std::path::Path;

/// What the map says that is not so, or leaves out.
pub fn mistakes(map: &str, root: &Path) -> Vec<String> {
    let mut found: Vec<String> = files(map)
        .filter(|file| !root.join(file).exists() && !root.join("src").join(file).exists())
        .map(|file| format!("there is no file {file}"))
        .collect();
    let layers = fs::read_to_string(root.join("tests/tidy/layers.rs")).expect("it is there");
    // As the formatter may break the lines of the table.
    let layers = layers.split_whitespace().collect::<String>().replace(",]", "]");
    let rooms: Vec<(&str, Vec<&str>)> = rooms(map).collect();
    for (room, imports) in &rooms {
        let imports: Vec<String> = imports.iter().map(|import| format!("\"{import}\"")).collect();
        let entry = format!("(\"{room}\",&[{}]", imports.join(","));
        if *room != "cli" && !layers.contains(&entry) {
            found.push(format!("tests/tidy/layers.rs has not: {entry}"));
        }
    }
    for entry in fs::read_dir(root.join("src")).expect("it is there") {
        let entry = entry.expect("it can be read");
        let name = entry.file_name().into_string().expect("a plain name");
        if entry.path().is_dir() && rooms.iter().all(|(room, _)| *room != name) {
            found.push(format!("room {name} is not on the map"));
        }
    }
    found
}

/// Everything between backquotes that has the name of a source file.
fn files(map: &str) -> impl Iterator<Item = &str> {
    map.split('`').skip(1).step_by(2).filter(|text| text.ends_with(".rs"))
}

/// The rows of the table of rooms: a room, and what it may import.
fn rooms(map: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let rows = map.lines().skip_while(|line| !line.starts_with("| room |")).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(|row| {
        let mut cells = row.split('|').skip(1);
        let mut names = || cells.next().unwrap_or_default().split('`').skip(1).step_by(2);
        (names().next().unwrap_or_default(), names().collect())
    })
}
