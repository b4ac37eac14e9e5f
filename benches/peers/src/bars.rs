//! The bars: what ours is measured against, how high they are, and whether they hold. Loads that
//! are compared are compared by processor time, for whoever else works on the machine stretches
//! the time of the clock.

use std::fmt::Write;

use crate::runs::Found;
use crate::table::three_digits;

struct Bar {
    measure: &'static str,
    against: &'static str,
    value: Option<f64>,
    /// The value is to be at most this, or at least where `is_more` says so.
    at_least: f64,
    aim: f64,
    is_more: bool,
}

pub fn show(found: &Found) -> String {
    let mut text = String::from(
        "| measure | against | found | at least | the aim | holds |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    let bars = [flowlog(found), campaigns(found), rest(found)].into_iter().flatten();
    for bar in bars {
        let Some(value) = bar.value else { continue };
        let meets = |limit: f64| if bar.is_more { value >= limit } else { value <= limit };
        let verdict = match (meets(bar.at_least), meets(bar.aim)) {
            (_, true) => "yes, the aim",
            (true, false) => "yes",
            (false, false) => "no",
        };
        let sign = if bar.is_more { "≥" } else { "≤" };
        let [value, at_least, aim] = [value, bar.at_least, bar.aim].map(three_digits);
        writeln!(
            text,
            "| {} | {} | {value} | {sign} {at_least} | {sign} {aim} | {verdict} |",
            bar.measure, bar.against
        )
        .expect("a text takes all");
    }
    text
}

fn bar(
    measure: &'static str,
    against: &'static str,
    value: Option<f64>,
    at_least: f64,
    aim: f64,
) -> Bar {
    Bar { measure, against, value, at_least, aim, is_more: false }
}

fn ratio(found: &Found, subject: &str, peer: &str, number: &str) -> Option<f64> {
    Some(found.median(subject, "ours", number)? / found.median(subject, peer, number)?)
}

fn flowlog(found: &Found) -> Vec<Bar> {
    const INCREMENTAL: &str = "FlowLog incremental";
    let against = |subject, number| ratio(found, subject, "flowlog-changing", number);
    let batch = ["tc", "sg", "reach", "cspa"]
        .map(|subject| ratio(found, subject, "flowlog-batch", "load-processor"))
        .into_iter()
        .collect::<Option<Vec<f64>>>()
        .map(|ratios| ratios.iter().product::<f64>().powf(0.25));
    let live = || {
        let compile = found.median("compile", "flowlog-compile", "compile")?;
        let load = found.median("etl", "flowlog-changing", "load")?;
        Some(found.median("etl", "ours", "load")? / (compile + load))
    };
    vec![
        bar("`etl`: one fact, p50", INCREMENTAL, against("etl", "one.p50"), 1.0, 0.5),
        bar("`etl`: 1,000 facts, p50", INCREMENTAL, against("etl", "many.p50"), 1.3, 1.0),
        bar("`reach`: 1,000 facts, p50", INCREMENTAL, against("reach", "many.p50"), 1.3, 1.0),
        bar("`etl`: load", INCREMENTAL, against("etl", "load-processor"), 1.5, 1.0),
        bar("`etl`: peak memory", INCREMENTAL, against("etl", "peak"), 1.2, 1.0),
        bar("tc, sg, reach, cspa, geometric mean", "FlowLog batch, run only", batch, 1.5, 1.0),
        bar("`etl`: rule text to live answers", "FlowLog, compiling included", live(), 0.1, 0.03),
    ]
}

fn campaigns(found: &Found) -> Vec<Bar> {
    let against = |number| ratio(found, "campaigns-1m", "by-hand", number);
    let seven = |number| found.median("campaigns-7m", "ours", number);
    let dagster = || {
        let theirs = found.median("outside", "dagster", "campaign.p50")?;
        Some(found.median("campaigns-31k", "ours", "campaign.p50")? / theirs)
    };
    let two_workers = || Some(seven("load")? / found.median("campaigns-7m", "ours-2", "load")?);
    let bytes = seven("peak").map(|mib| mib * 1024.0 * 1024.0 / 7.3e6);
    vec![
        bar("1 M expected: load", "by hand", against("load-processor"), 1.5, 1.0),
        bar("1 M: one fact, p50", "by hand", against("one.p50"), 1.5, 1.0),
        bar("1 M: add a campaign", "by hand", against("campaign.p50"), 1.5, 1.0),
        bar("1 M: add a day", "by hand", against("day.p50"), 1.5, 1.0),
        bar("1 M: peak memory", "by hand", against("peak"), 1.3, 0.8),
        bar("31 k: add a campaign, decided", "Dagster", dagster(), 1e-3, 1e-4),
        bar("7.3 M: load, s", "", seven("load").map(|ms| ms / 1e3), 60.0, 30.0),
        bar("7.3 M: bytes at the peak an expected result", "", bytes, 400.0, 200.0),
        bar("7.3 M: add a campaign, p99 ms", "", seven("campaign.p99"), 20.0, 10.0),
        Bar {
            is_more: true,
            ..bar("7.3 M: load with two workers, times faster", "one", two_workers(), 1.5, 1.8)
        },
    ]
}

fn rest(found: &Found) -> Vec<Bar> {
    let goals = |subject| found.median(subject, "ours", "one.p50");
    let clock = || {
        let small = found.median("expiry-small", "ours", "three.p50")?;
        Some(found.median("expiry", "ours", "three.p50")? / small)
    };
    let names = found.median("names", "ours", "turning-mib");
    let all_names = found.median("names", "ours", "idle-mib");
    vec![
        bar("30 goals: one fact, p50 ms", "", goals("goals-30"), 2.0, 1.0),
        bar("100 goals: one fact, p50 ms", "", goals("goals-100"), 5.0, 2.5),
        bar("clock step over 1 M rows, 3 due", "over 1,000 rows", clock(), 2.0, 1.1),
        bar("400,000 names, 1,000 at a time: MiB left", "", names, 2.0, 0.0),
        bar("400,000 names at once: MiB left", "", all_names, 2.0, 0.0),
        bar(
            "an idle engine, 1 M rows: 1/100 s in 5 s",
            "",
            found.median("idle", "ours", "ticks"),
            0.0,
            0.0,
        ),
    ]
}
