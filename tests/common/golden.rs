//! Golden text files: blocks of `=== what it shows`, an input, a line `---`, and the output.
//! `UPDATE=1` rewrites the outputs.

use std::fmt::Write as _;
use std::path::Path;

/// Runs every block's input and compares, or rewrites the file.
///
/// # Errors
/// With all differences, if any output is not as the file says.
pub fn run(path: &Path, run: impl Fn(&str) -> String) -> datatest_stable::Result<()> {
    let file = std::fs::read_to_string(path)?;
    let (mut rewritten, mut differences) = (String::new(), String::new());
    for block in blocks(&file) {
        let (input, expected) = block.body.split_once("\n---\n").unwrap_or((&block.body, ""));
        let actual = run(input).trim_end().to_owned();
        if actual != expected.trim_end() {
            let title = &block.title;
            let diff = similar::TextDiff::from_lines(expected.trim_end(), &actual);
            let diff = diff.unified_diff().to_string();
            writeln!(differences, "=== {title}\n{input}\n---\n{diff}")?;
        }
        writeln!(rewritten, "=== {}\n{input}\n---\n{actual}\n", block.title)?;
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, rewritten.trim_end().to_owned() + "\n")?;
        return Ok(());
    }
    match differences.as_str() {
        "" => Ok(()),
        _ => Err(format!("{}\n{differences}(UPDATE=1 rewrites it)", path.display()).into()),
    }
}

struct Block {
    title: String,
    body: String,
}

fn blocks(file: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in file.lines() {
        match (line.strip_prefix("=== "), blocks.last_mut()) {
            (Some(title), _) => {
                blocks.push(Block { title: title.to_owned(), body: String::new() });
            }
            (None, Some(block)) => {
                block.body.push_str(line);
                block.body.push('\n');
            }
            (None, None) => panic!("a golden file begins with `=== ` and a title"),
        }
    }
    blocks
}
