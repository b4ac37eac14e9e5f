//! Rows as people read them: days in a row become one line, `csv("1001",
//! 2026-03-01..=2026-03-31)`.

use crate::model::{Column, Row, Type, Value};

/// Some rows in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// How many rows it stands for.
    pub(super) rows: usize,
}

/// Rows, sorted, as lines under a name.
pub(super) fn lines(name: &str, columns: &[Column], rows: &[Row]) -> Vec<Line> {
    let Some(day) = columns.iter().rposition(|column| column.ty == Type::Date) else {
        return rows.iter().map(|row| line(name, row, 1, None)).collect();
    };
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_cached_key(|row| {
        let mut key = (*row).clone();
        let last = key.remove(day);
        key.push(last);
        key
    });
    let runs: Vec<&[&Row]> = sorted.chunk_by(|one, next| is_next_day(one, next, day)).collect();
    if runs.len() == rows.len() {
        return rows.iter().map(|row| line(name, row, 1, None)).collect();
    }
    let of_run = |run: &&[&Row]| {
        let last = run.last().filter(|_| run.len() > 1).map(|row| (day, &row[day]));
        line(name, run[0], run.len(), last)
    };
    runs.iter().map(of_run).collect()
}

/// Whether two rows are the same but for a day, and that is the next one.
fn is_next_day(one: &Row, next: &Row, day: usize) -> bool {
    let (Value::Date(before), Value::Date(after)) = (&one[day], &next[day]) else { return false };
    let others = |row: &Row, at: usize| at == day || row[at] == one[at];
    after.days() == before.days() + 1 && (0..one.len()).all(|at| others(next, at))
}

fn line(name: &str, row: &Row, rows: usize, last: Option<(usize, &Value)>) -> Line {
    let term = |(at, value): (usize, &Value)| match last {
        Some((day, last)) if day == at => format!("{value}..={last}"),
        _ => value.to_string(),
    };
    let terms: Vec<String> = row.iter().enumerate().map(term).collect();
    Line { text: format!("{name}({})", terms.join(", ")), rows }
}
