//! What was found, as Markdown: a table a subject, and in parentheses how many times a peer's
//! figure ours is.

use std::fmt::Write;

use crate::runs::Found;
use crate::subjects::{KNOWN_WRONG, label};

/// A column's heading, and the numbers in it.
type Column = (&'static str, &'static [&'static str]);

const COLUMNS: &[Column] = &[
    ("ready", &["ready.p50", "ready.p99"]),
    ("load", &["load"]),
    ("processor", &["load-processor"]),
    ("nothing", &["empty.p50", "empty.p99"]),
    ("one fact", &["one.p50", "one.p99"]),
    ("any, processor", &["each-processor"]),
    ("1,000 facts", &["many.p50", "many.p99"]),
    ("three due", &["three.p50", "three.p99"]),
    ("new campaign", &["campaign.p50", "campaign.p99"]),
    ("new day", &["day.p50", "day.p99"]),
    ("compiling", &["compile"]),
    ("processor, 1/100 s", &["ticks"]),
    ("left after a tenth, 1,000 at a time", &["tenth-mib"]),
    ("left, 1,000 at a time", &["turning-mib"]),
    ("left, all at once", &["at-once-mib"]),
    ("left, 100 small transactions later", &["idle-mib"]),
    ("peak", &["peak"]),
    ("updates handled", &["updates"]),
];

pub fn show(found: &Found) -> String {
    let mut text = String::from("Medians of the runs: p50 / p99; in parentheses ours to theirs.\n");
    for subject in &found.subjects {
        let has = |(_, numbers): &&Column| {
            let reports = |peer: &&str| found.median(subject.name, peer, numbers[0]).is_some();
            subject.peers.iter().any(reports)
        };
        let columns: Vec<&Column> = COLUMNS.iter().filter(has).collect();
        let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
        let rule = "| --- ".repeat(columns.len());
        let name = subject.name;
        write!(text, "\n**{name}**: {}\n\n| | {} |\n", subject.about, headings.join(" | "))
            .and_then(|()| writeln!(text, "| --- {rule}|"))
            .expect("a text takes all");
        for peer in subject.peers {
            let cells: Vec<String> =
                columns.iter().map(|(_, numbers)| cell(found, name, peer, numbers)).collect();
            let wrong = KNOWN_WRONG.iter().find(|(known, of, _)| (*known, *of) == (name, *peer));
            let wrong = wrong.filter(|_| !found.is_right(name, peer));
            let note = wrong.map_or(String::new(), |(_, _, why)| format!(" (wrong: {why})"));
            writeln!(text, "| {}{note} | {} |", label(peer), cells.join(" | "))
                .expect("a text takes all");
        }
    }
    text
}

fn cell(found: &Found, subject: &str, peer: &str, numbers: &[&str]) -> String {
    let values: Vec<f64> =
        numbers.iter().filter_map(|number| found.median(subject, peer, number)).collect();
    if values.is_empty() {
        return "–".to_string();
    }
    let unit = match numbers[0] {
        "ticks" | "updates" => "",
        name if name.contains("mib") || name == "peak" => " MiB",
        _ if values[0] >= 1_000.0 => " s",
        _ => " ms",
    };
    let scale = if unit == " s" { 1e-3 } else { 1.0 };
    let shown: Vec<String> = values.iter().map(|value| three_digits(value * scale)).collect();
    let ratio = match found.median(subject, "ours", numbers[0]) {
        Some(ours) if peer != "ours" && values[0] > 0.0 => {
            format!(" ({})", three_digits(ours / values[0]))
        }
        _ => String::new(),
    };
    format!("{}{unit}{ratio}", shown.join(" / "))
}

pub fn three_digits(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        size if size >= 0.1 => format!("{value:.2}"),
        size if size >= 0.001 => format!("{value:.3}"),
        0.0 => "0".to_string(),
        _ => format!("{value:.1e}"),
    }
}
