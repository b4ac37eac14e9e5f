//! The campaigns job of `cargo bench --bench campaigns` as the harness reports it.

#[path = "../../../campaigns/job.rs"]
mod job;

pub use job::{Job, SIZES, STEPS, Size, has_file, is_done, measure_job};

use crate::Report;

/// The measures of [`measure_job`] as the harness has them.
pub fn report(measures: &[f64], steps: u32) -> Report {
    let mut report = Report::default();
    for (name, value) in job::MEASURES.into_iter().zip(measures) {
        let (name, value) = match name {
            "load s" => ("load", value * 1e3),
            "load, processor s" => ("load-processor", value * 1e3),
            "nothing p50 ms" => ("empty.p50", *value),
            "nothing p99 ms" => ("empty.p99", *value),
            "one fact p50 ms" => ("one.p50", *value),
            "one fact p99 ms" => ("one.p99", *value),
            "1,000 facts p50 ms" => ("many.p50", *value),
            "1,000 facts p99 ms" => ("many.p99", *value),
            "new campaign p50 ms" => ("campaign.p50", *value),
            "new campaign p99 ms" => ("campaign.p99", *value),
            "new day p50 ms" => ("day.p50", *value),
            "new day p99 ms" => ("day.p99", *value),
            "peak MiB" => ("peak", *value),
            "changes of load" => {
                report.total("load", value);
                continue;
            }
            "changes" => {
                report.total(&format!("after-{steps}"), value);
                continue;
            }
            other => panic!("{other} is not known"),
        };
        report.number(name, value);
    }
    report
}
