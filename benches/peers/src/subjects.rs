//! What is measured, and which of the peers take part.

/// A program or a job, and who does it.
pub struct Subject {
    pub name: &'static str,
    pub about: &'static str,
    /// The first is ours.
    pub peers: &'static [&'static str],
    /// Measured less often, for it takes long.
    pub is_long: bool,
    /// Too large for a quick look.
    pub is_large: bool,
}

const INCREMENTAL: &[&str] = &["ours", "by-hand", "flowlog-changing", "dbsp", "ascent"];
const RECURSIVE: &[&str] =
    &["ours", "by-hand", "flowlog-changing", "flowlog-batch", "dbsp", "ascent"];
const CAMPAIGNS: &[&str] = &["ours", "by-hand", "flowlog-campaigns", "dbsp", "sqlite"];

const fn subject(
    name: &'static str,
    about: &'static str,
    peers: &'static [&'static str],
) -> Subject {
    Subject { name, about, peers, is_long: false, is_large: false }
}

pub const SUBJECTS: &[Subject] = &[
    subject("etl", "what is owed of a pipeline, 1.8 M facts", INCREMENTAL),
    subject("reach", "what is reached from ten nodes over 2.5 M arcs", RECURSIVE),
    subject("tc", "closure of 8,000 arcs, 3.7 M pairs", RECURSIVE),
    subject("sg", "same generation over 2,000 arcs", RECURSIVE),
    subject("cspa", "points-to over 19,000 assignments", RECURSIVE),
    subject("chain", "reachability along 100,000 arcs in a line", RECURSIVE),
    subject("skew", "three tables in a line, one key with a hundredth of the rows", INCREMENTAL),
    subject("counts", "a count a day over 1.8 M facts", INCREMENTAL),
    subject("expiry", "a million rows that expire one by one", &["ours", "by-hand", "sqlite"]),
    subject("expiry-small", "a thousand rows that expire one by one", &["ours", "by-hand"]),
    subject(
        "campaigns-31k",
        "campaigns, 1,000 × 31 expected",
        &["ours", "by-hand", "flowlog-campaigns", "dbsp", "sqlite", "make"],
    ),
    Subject { is_large: true, ..subject("campaigns-1m", "campaigns, 1,000 × 1,000", CAMPAIGNS) },
    Subject {
        is_long: true,
        is_large: true,
        ..subject("campaigns-7m", "campaigns, 10,000 × 730", &["ours", "ours-2", "by-hand"])
    },
    subject("goals-3", "a chain of 3 goals, 10,000 instances each", &["ours", "by-hand"]),
    subject("goals-30", "a chain of 30 goals, 10,000 instances each", &["ours", "by-hand"]),
    Subject {
        is_long: true,
        ..subject("goals-100", "a chain of 100 goals, 10,000 instances each", &["ours", "by-hand"])
    },
    subject("names", "400,000 names come and go", &["ours"]),
    subject("start", "from the start of the process until it answers, no facts", &["ours"]),
    subject("idle", "a million rows, and nothing comes in", &["ours"]),
    Subject {
        is_long: true,
        ..subject("compile", "etl: rule text to program", &["flowlog-compile"])
    },
    Subject { is_long: true, ..subject("outside", "a campaign more", &["dagster", "luigi"]) },
];

/// Answers that are known to be wrong, and why.
pub const KNOWN_WRONG: &[(&str, &str, &str)] = &[
    ("chain", "flowlog-changing", "stops silently at 65,535 rounds"),
    ("chain", "flowlog-batch", "stops silently at 65,535 rounds"),
];

pub fn names() -> Vec<&'static str> {
    SUBJECTS.iter().map(|subject| subject.name).collect()
}

pub fn label(peer: &str) -> &str {
    match peer {
        "ours" => "owed",
        "ours-2" => "owed, 2 workers",
        "by-hand" => "by hand",
        "flowlog-changing" | "flowlog-campaigns" => "FlowLog, incremental",
        "flowlog-batch" => "FlowLog, batch",
        "flowlog-compile" => "FlowLog, compiled",
        "dbsp" => "DBSP",
        "ascent" => "Ascent, from the start",
        "sqlite" => "SQLite, asked anew",
        "make" => "GNU make",
        "dagster" => "Dagster",
        "luigi" => "Luigi",
        other => other,
    }
}
