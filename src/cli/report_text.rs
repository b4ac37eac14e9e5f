//! The report of `plan` for people: 80 columns, the sums first, then what is to be done.

use std::fmt::Write;

use super::instances::{self, Line};
use super::report::{GoalCounts, Needed, Report};
use super::rule_errors;
use super::talk::{BOLD, DIM, GREEN, RED, YELLOW, styled};
use crate::model::{Delta, RelationId, Row, Value};

/// Everything, with the styles of a terminal in it.
pub(super) fn render(report: &Report<'_>) -> String {
    let mut text = format!("{} {}\n", styled(DIM, "now"), report.state.now);
    if !report.state.goals.is_empty() {
        text.push('\n');
        text.push_str(&table(&report.state.goals));
        hints(&mut text, report);
    }
    loud_errors(&mut text, &report.state.rule_errors);
    match &report.delta {
        Some(delta) => change(&mut text, report, delta),
        None => {
            needed(&mut text, report);
            outputs(&mut text, report);
        }
    }
    for (id, rows) in &report.state.lists {
        let name = &report.program.schema.relation(*id).name;
        heading(&mut text, &format!("{name}, {}", rows_in_words(rows.len())));
        for row in rows {
            push(&mut text, &format!("  {}", fact(name, row)));
        }
    }
    text
}

const WIDTH: usize = 80;

fn table(goals: &[GoalCounts]) -> String {
    let header = GoalCounts::default().columns().map(|(name, _)| name);
    let name_width = goals.iter().map(|goal| goal.goal.chars().count()).max().unwrap_or(0).max(4);
    let widths: Vec<usize> = (0..header.len())
        .map(|at| {
            let widest = goals.iter().map(|goal| shown(goal.columns()[at].1).len()).max();
            widest.unwrap_or(0).max(header[at].len())
        })
        .collect();
    let total: usize = name_width + widths.iter().map(|width| width + 2).sum::<usize>();
    let gap = if total <= WIDTH { 2 } else { 1 };
    let mut text = format!("{BOLD}{:<name_width$}", "goal");
    for (name, width) in header.iter().zip(&widths) {
        let width = width + gap;
        write!(text, "{name:>width$}").expect("memory takes all");
    }
    push(&mut text, &format!("{BOLD:#}"));
    for goal in goals {
        write!(text, "{:<name_width$}", goal.goal).expect("memory takes all");
        for ((name, number), width) in goal.columns().iter().zip(&widths) {
            let padding = " ".repeat(width + gap - shown(*number).len());
            write!(text, "{padding}{}", coloured(name, *number)).expect("memory takes all");
        }
        text.push('\n');
    }
    text
}

/// Nothing is not worth a digit.
fn shown(number: i64) -> String {
    if number == 0 { "-".to_string() } else { number.to_string() }
}

fn coloured(name: &str, number: i64) -> String {
    let text = shown(number);
    match name {
        _ if number == 0 => styled(DIM, &text),
        "ok" => styled(GREEN, &text),
        "missing" | "ready" => styled(YELLOW, &text),
        "gone" | "stuck" | "late" => styled(RED, &text),
        _ => text,
    }
}

/// How many relations a hint names.
const HINT_RELATIONS_MAX: usize = 3;

/// What to list for more, but for what is listed already.
fn hints(text: &mut String, report: &Report<'_>) {
    let is_listed = |id: &RelationId| report.state.lists.iter().any(|(listed, _)| listed == id);
    for hint in &report.state.hints {
        let name = |id: &RelationId| format!("--list {}", report.program.schema.relation(*id).name);
        let unlisted = hint.relations.iter().filter(|id| !is_listed(id));
        let names: Vec<String> = unlisted.take(HINT_RELATIONS_MAX).map(name).collect();
        let verb = match names.len() {
            0 => continue,
            1 => "says",
            _ => "say",
        };
        let line = format!("  ({}: {} {verb} {})", hint.state, names.join(" "), hint.tells);
        push(text, &styled(DIM, &line));
    }
}

fn loud_errors(text: &mut String, rows: &[Row]) {
    let title = "RULE ERRORS: rows without a value are left out of everything here";
    let lines: Vec<String> = rows.iter().map(rule_errors::describe).collect();
    titled(text, &styled(RED, title), &lines);
}

/// Lines under a title, if there are any.
fn titled(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    push(text, &format!("\n{title}"));
    for line in lines {
        push(text, &format!("  {line}"));
    }
}

fn needed(text: &mut String, report: &Report<'_>) {
    if report.state.ready.is_empty() {
        return;
    }
    let total: usize = report.state.ready.iter().map(|needed| needed.rows.len()).sum();
    heading(
        text,
        &match total {
            0 => "needed now: nothing".to_string(),
            _ => format!("needed now: {total}"),
        },
    );
    for needed in &report.state.ready {
        let Needed { goal, relation, rows, stuck } = needed;
        group(text, report, &Group { relation: *relation, goal, rows, stuck: *stuck });
    }
}

/// How many rows of an output are shown without being asked for.
const OUTPUT_ROWS_SHOWN_MAX: usize = 20;

fn outputs(text: &mut String, report: &Report<'_>) {
    for (id, rows) in &report.state.outputs {
        let name = &report.program.schema.relation(*id).name;
        if rows.len() > OUTPUT_ROWS_SHOWN_MAX {
            let total = rows_in_words(rows.len());
            heading(text, &format!("output {name}: {total}"));
            push(text, &styled(DIM, &format!("  (--list {name} shows them)")));
            continue;
        }
        heading(text, &format!("output {name}: {}", rows_in_words(rows.len())));
        for row in rows {
            push(text, &format!("  {}", fact(name, row)));
        }
    }
}

/// What `--with` would make of it: rule errors, four lists and the outputs.
fn change(text: &mut String, report: &Report<'_>, delta: &Delta) {
    push(text, &format!("\n{} {}", styled(BOLD, "with"), report.with.join("  ")));
    if delta.relations.is_empty() {
        let idle = report.idle.join(", ");
        let why = if idle.is_empty() { idle } else { format!(": {idle}") };
        return push(text, &format!("\nnothing changes{why}"));
    }
    for idle in &report.idle {
        push(text, &styled(YELLOW, &format!("  {idle}")));
    }
    let lists: [(&str, &str, Side); 4] = [
        ("appear", "missing", Side::Inserted),
        ("disappear", "missing", Side::Deleted),
        ("needed now", "ready", Side::Inserted),
        ("no longer needed", "ready", Side::Deleted),
    ];
    let made = rule_errors::made(delta, report.program);
    let mended = rule_errors::mended(delta, report.program);
    titled(text, &styled(RED, "RULE ERRORS that this change makes"), &made);
    titled(text, &styled(BOLD, "rule errors that this change mends"), &mended);
    for (title, state, side) in lists {
        let groups: Vec<(RelationId, &str, &[Row])> = delta
            .relations
            .iter()
            .filter_map(|one| {
                let name = &report.program.schema.relation(one.relation).name;
                let goal = name.strip_suffix(state)?.strip_suffix('.')?;
                let rows = side.of(&one.inserted, &one.deleted);
                let is_goal = report.program.goals.iter().any(|other| other.name == goal);
                (is_goal && !rows.is_empty()).then_some((one.relation, goal, rows))
            })
            .collect();
        if groups.is_empty() {
            continue;
        }
        let total: usize = groups.iter().map(|(_, _, rows)| rows.len()).sum();
        heading(text, &format!("{title}: {total}"));
        for (relation, goal, rows) in groups {
            group(text, report, &Group { relation, goal, rows, stuck: 0 });
        }
    }
    for one in &delta.relations {
        let relation = report.program.schema.relation(one.relation);
        if relation.is_output {
            heading(text, &format!("output {}", relation.name));
            output_changes(text, report, &relation.name, &one.deleted, &one.inserted);
        }
    }
}

#[derive(Clone, Copy)]
enum Side {
    Inserted,
    Deleted,
}

impl Side {
    fn of<'a>(self, inserted: &'a [Row], deleted: &'a [Row]) -> &'a [Row] {
        match self {
            Side::Inserted => inserted,
            Side::Deleted => deleted,
        }
    }
}

fn output_changes(
    text: &mut String,
    report: &Report<'_>,
    name: &str,
    deleted: &[Row],
    inserted: &[Row],
) {
    let mut changes: Vec<Change<'_>> = deleted.iter().map(|row| (row, '-')).collect();
    changes.extend(inserted.iter().map(|row| (row, '+')));
    changes.sort_by(|one, other| one.0.cmp(other.0));
    pair(&mut changes, 0);
    let line = |(row, sign): &Change<'_>| format!("  {sign}{}", fact(name, row));
    let lines: Vec<String> = changes.iter().map(line).collect();
    let shown = cut(lines.len(), report.limit);
    for line in &lines[..shown] {
        push(text, line);
    }
    more(text, lines.len() - shown);
}

/// A row with its sign.
type Change<'a> = (&'a Row, char);

/// Puts what a row was above what it is: where one goes and one comes with the same first
/// columns, of which at least one is the same. The changes are sorted, and agree in so many
/// columns.
fn pair(changes: &mut [Change<'_>], columns: usize) {
    let is_same = |one: &Change<'_>, other: &Change<'_>| {
        one.0.get(columns).is_some() && one.0.get(columns) == other.0.get(columns)
    };
    for alike in changes.chunk_by_mut(is_same) {
        match alike {
            [] | [_] => {}
            [(_, '+'), (_, '-')] => alike.swap(0, 1),
            [_, _] => {}
            _ => pair(alike, columns + 1),
        }
    }
}

/// Instances of one goal.
struct Group<'a> {
    relation: RelationId,
    goal: &'a str,
    rows: &'a [Row],
    /// How many of them are stuck, where that is worth saying.
    stuck: usize,
}

/// As many lines as the limit allows.
fn group(text: &mut String, report: &Report<'_>, group: &Group<'_>) {
    let Group { relation, goal, rows, stuck } = *group;
    if rows.is_empty() {
        return;
    }
    let columns = &report.program.schema.relation(relation).columns;
    let lines = instances::lines(goal, columns, rows);
    let shown = cut(lines.len(), report.limit);
    let note = match stuck {
        0 => String::new(),
        _ => format!(", {}", styled(RED, &format!("{stuck} of them stuck"))),
    };
    push(text, &format!("  {} {}{note}", styled(BOLD, goal), rows.len()));
    let width = lines.iter().map(|line| line.rows.to_string().len()).max().unwrap_or(1);
    for Line { text: instance, rows } in &lines[..shown] {
        push(text, &format!("    {rows:>width$}  {instance}"));
    }
    more(text, lines[shown..].iter().map(|line| line.rows).sum());
}

fn cut(lines: usize, limit: usize) -> usize {
    if limit == 0 { lines } else { lines.min(limit) }
}

fn more(text: &mut String, rows: usize) {
    if rows > 0 {
        push(text, &styled(DIM, &format!("    … and {rows} more (--limit 0 shows all)")));
    }
}

fn fact(name: &str, row: &Row) -> String {
    let terms: Vec<String> = row.iter().map(Value::to_string).collect();
    format!("{name}({})", terms.join(", "))
}

fn rows_in_words(rows: usize) -> String {
    match rows {
        0 => "no rows".to_string(),
        1 => "1 row".to_string(),
        _ => format!("{rows} rows"),
    }
}

fn heading(text: &mut String, title: &str) {
    push(text, &format!("\n{}", styled(BOLD, title)));
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}
