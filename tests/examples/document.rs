//! A page of Markdown cut into what a machine looks at: lines of prose, tables, fenced blocks.

use std::path::Path;

/// A part of a page.
pub enum Part {
    /// A heading, or a line of prose.
    Line(String),
    /// Lines that begin with a bar.
    Table {
        line: usize,
        rows: Vec<String>,
    },
    Block(Block),
}

/// What stands between two fences.
pub struct Block {
    /// The number of its first fence in the page, counted from 1.
    pub line: usize,
    /// What stands behind the first fence: the kind, and what there is to say of it.
    pub info: String,
    pub body: String,
}

const FENCE: &str = "```";

/// Cuts a page into its parts.
///
/// # Panics
/// If a block has no end.
pub fn parse(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = (1..).zip(page.lines());
    while let Some((line, text)) = lines.next() {
        if let Some(info) = text.strip_prefix(FENCE) {
            let mut block = Block { line, info: info.to_owned(), body: String::new() };
            loop {
                let (_, text) = lines.next().unwrap_or_else(|| panic!("line {line} has no end"));
                if text == FENCE {
                    break;
                }
                block.body += text;
                block.body.push('\n');
            }
            parts.push(Part::Block(block));
        } else if !text.starts_with('|') {
            parts.push(Part::Line(text.to_owned()));
        } else if let Some(Part::Table { rows, .. }) = parts.last_mut() {
            rows.push(text.to_owned());
        } else {
            parts.push(Part::Table { line, rows: vec![text.to_owned()] });
        }
    }
    parts
}

/// The page again.
pub fn print(parts: &[Part]) -> String {
    let print = |part: &Part| match part {
        Part::Line(text) => format!("{text}\n"),
        Part::Table { rows, .. } => rows.iter().map(|row| format!("{row}\n")).collect(),
        Part::Block(Block { info, body, .. }) => format!("{FENCE}{info}\n{body}{FENCE}\n"),
    };
    parts.iter().map(print).collect()
}

/// The links of a page that lead nowhere: to headings that it does not have, or to files that
/// are not there.
pub fn dead_links(parts: &[Part], folder: &Path) -> Vec<String> {
    let lines = parts.iter().flat_map(|part| match part {
        Part::Line(text) => std::slice::from_ref(text),
        Part::Table { rows, .. } => rows,
        Part::Block(_) => &[],
    });
    let lines: Vec<&str> = lines.map(String::as_str).collect();
    let anchors: Vec<String> =
        lines.iter().filter(|line| line.starts_with('#')).map(|line| anchor(line)).collect();
    let links = lines.iter().flat_map(|line| line.split("](").skip(1));
    let targets = links.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let is_dead = |target: &&str| match target.strip_prefix('#') {
        Some(heading) => !anchors.iter().any(|anchor| anchor == heading),
        None => !target.starts_with("https://") && !folder.join(target).exists(),
    };
    targets.filter(is_dead).map(str::to_owned).collect()
}

/// What links call a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
