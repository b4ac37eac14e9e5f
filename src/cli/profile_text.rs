//! A profile for people: 80 columns, the dearest rules first, then the whole plan with what each
//! of its parts cost.

use std::collections::HashSet;
use std::time::Duration;

use super::profile::Measured;
use super::talk::{BOLD, DIM, styled};
use crate::engine::Cost;
use crate::plan::{Line, Operator, Part};

const WIDTH: usize = 80;

/// Everything, with the styles of a terminal in it. Shows so many rules; all if that is 0.
pub(super) fn render(measured: &Measured<'_>, limit: usize) -> String {
    let what = if measured.is_with { "applying" } else { "loading" };
    let changes = match measured.changes {
        1 => "1 change".to_string(),
        changes => format!("{changes} changes"),
    };
    let mut text = format!("{} {}\n", styled(DIM, "now"), measured.now);
    let workers = match measured.workers {
        1 => String::new(),
        workers => format!(", on {workers} threads, whose times are added up"),
    };
    let took = millis(measured.took);
    text.push_str(&format!("{what} {changes} took {took} ms in the engine{workers}\n\n"));
    rules(&mut text, measured, limit);
    text.push('\n');
    operators(&mut text, measured);
    text
}

fn rules(text: &mut String, measured: &Measured<'_>, limit: usize) {
    let rules = measured.rules();
    let width = width_of(rules.iter().map(|rule| rule.rows)).max(4);
    heading(text, &format!("share {:>9} {:>width$}  rule", "ms", "rows"));
    let shown = if limit == 0 { rules.len() } else { limit.min(rules.len()) };
    let figures = |time: Duration, rows: &str| {
        format!("{} {:>9} {rows:>width$}  ", share(measured, time), millis(time))
    };
    for rule in &rules[..shown] {
        row(text, &figures(rule.time, &number(rule.rows)), 0, &rule.place);
    }
    if shown < rules.len() {
        let rest = rules[shown..].iter().map(|rule| rule.time).sum();
        let words = format!("{} others; `--limit 0` shows all", rules.len() - shown);
        row(text, &figures(rest, ""), 0, &words);
    }
    row(text, &figures(measured.profile.facts, ""), 0, "taking facts in, before any rule");
}

fn operators(text: &mut String, measured: &Measured<'_>) {
    let lines = measured.plan.outline(measured.workers);
    let costs = || lines.iter().filter_map(|line| line.part).map(|part| measured.cost(part));
    let rows_width = width_of(costs().map(|cost| cost.rows)).max(4);
    let held_width = width_of(costs().map(|cost| cost.held)).max(4);
    heading(
        text,
        &format!("share {:>9} {:>rows_width$} {:>held_width$}  operator", "ms", "rows", "held"),
    );
    let mut seen = HashSet::new();
    for line in &lines {
        let words = words(measured, line);
        let figures = match line.part {
            Some(part) if !seen.insert(part) => {
                format!("{:>width$}  ", "above", width = 17 + rows_width + held_width)
            }
            Some(part) if *measured.cost(part) != Cost::default() => {
                let cost = measured.cost(part);
                let (rows, held) = (number(cost.rows), number(cost.held));
                let (share, time) = (share(measured, cost.time), millis(cost.time));
                format!("{share} {time:>9} {rows:>rows_width$} {held:>held_width$}  ")
            }
            // Nothing came, or it is kept elsewhere.
            Some(_) => {
                format!("{:>5} {:>9} {:>rows_width$} {:>held_width$}  ", "-", "-", "-", "-")
            }
            None => " ".repeat(19 + rows_width + held_width),
        };
        row(text, &figures, line.depth, &words);
    }
}

/// A line's words; of a loop's relation also in how many rounds it was read.
fn words(measured: &Measured<'_>, line: &Line) -> String {
    if let Some(part @ Part::Node(id)) = line.part
        && let Operator::Recursive(_) = measured.plan.nodes[id.index()].operator
    {
        let rounds = measured.cost(part).runs / measured.workers as u64;
        return format!("{}, rounds: {rounds}", line.words);
    }
    line.words.clone()
}

fn heading(text: &mut String, words: &str) {
    text.push_str(&styled(BOLD, words));
    text.push('\n');
}

/// Figures, and beside them words, which go on below where they are too long.
fn row(text: &mut String, figures: &str, depth: usize, words: &str) {
    let start = figures.len() + 2 * depth;
    let room = WIDTH.saturating_sub(start).max(20);
    let mut line = format!("{figures}{:indent$}", "", indent = 2 * depth);
    let mut used = 0;
    for word in words.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            text.push_str(line.trim_end());
            text.push('\n');
            line = " ".repeat(start + 2);
            used = 2;
        } else if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

fn share(measured: &Measured<'_>, time: Duration) -> String {
    let total = measured.total().as_secs_f64();
    let part = if total > 0.0 { time.as_secs_f64() / total } else { 0.0 };
    format!("{:>3.0} %", part * 100.0)
}

fn millis(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64() * 1e3)
}

/// Nothing is not worth a digit.
fn number(number: u64) -> String {
    if number == 0 { "-".to_string() } else { number.to_string() }
}

fn width_of(numbers: impl Iterator<Item = u64>) -> usize {
    numbers.map(|one| number(one).len()).max().unwrap_or(0)
}
