//! The lines by which a measuring process tells what it found.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};

/// Numbers and totals by name.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub numbers: BTreeMap<String, f64>,
    pub totals: BTreeMap<String, String>,
}

impl Report {
    pub fn number(&mut self, name: &str, value: f64) {
        self.numbers.insert(name.to_string(), value);
    }

    pub fn total(&mut self, name: &str, value: impl Display) {
        self.totals.insert(name.to_string(), value.to_string());
    }

    /// Median and 99th percentile of these durations, in milliseconds.
    pub fn times(&mut self, name: &str, times: &mut [f64]) {
        if !times.is_empty() {
            self.number(&format!("{name}.p50"), percentile(times, 50));
            self.number(&format!("{name}.p99"), percentile(times, 99));
        }
    }

    /// The inverse of [`Display`]; other lines are not for us.
    pub fn parse(text: &str) -> Report {
        let mut report = Report::default();
        for line in text.lines() {
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                ["number", name, value] => {
                    report.number(name, value.parse().expect("a number is written"));
                }
                ["total", name, value] => report.total(name, value),
                _ => {}
            }
        }
        report
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (name, value) in &self.numbers {
            writeln!(f, "number {name} {value}")?;
        }
        for (name, value) in &self.totals {
            writeln!(f, "total {name} {value}")?;
        }
        Ok(())
    }
}

/// Sorts the values.
pub fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
