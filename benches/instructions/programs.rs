//! The programs that are counted. Each says the names of its parts on standard output.

use std::fmt::Write;

use owed::model::Value;

use super::subject::{Subject, campaign, day, ints};

/// Each by its name.
pub const PROGRAMS: [(&str, fn()); 4] =
    [("campaigns", campaigns), ("etl", etl), ("goals", goals), ("reach", reach)];

/// 31 thousand results are expected; of a hundred two are not there.
fn campaigns() {
    const CAMPAIGNS: u32 = 1_000;
    const DAYS: u32 = 31;
    let goals = ["results", "csv", "dependency"];
    let states = goals.into_iter().flat_map(|goal| ["missing", "ready"].map(|s| (goal, s)));
    let watched = states.map(|(goal, state)| format!("{goal}.{state}"));
    let mut subject = Subject::new(include_str!("../campaigns/campaigns.rules"), watched);
    let result = |c, d, rows| vec![campaign(c), day(d), Value::Int(rows)];
    for (c, d) in (0..CAMPAIGNS).flat_map(|c| (0..DAYS).map(move |d| (c, d))) {
        let is_done = (c * 31 + d * 17) % 50 != 0;
        if is_done {
            subject.insert("results_rows", result(c, d, 1));
        }
        if is_done || (c + d).is_multiple_of(2) {
            subject.insert("csv_file", result(c, d, 1));
        }
    }
    (0..DAYS).for_each(|d| subject.insert("dependency_ready", vec![day(d)]));
    let facts = subject.take();
    (0..CAMPAIGNS).for_each(|c| subject.insert("campaign", vec![campaign(c)]));
    subject.insert("wanted", vec![day(0), day(DAYS - 1)]);
    let expected = subject.take();
    subject.count("load", vec![facts, expected]);
    let mut facts = Vec::new();
    for step in 0..200 {
        let (c, d) = (step * 7_919 % CAMPAIGNS, step % DAYS);
        for rows in [0, 1] {
            subject.insert("results_rows", result(c, d, rows));
            facts.push(subject.take());
        }
    }
    subject.count("one fact", facts);
    subject.insert("wanted", vec![day(0), day(DAYS)]);
    let grown = subject.take();
    subject.count("a new day", vec![grown]);
}

/// What is owed of a pipeline of five kinds of things: joins, antijoins, a recursion and counts.
fn etl() {
    const CAMPAIGNS: u32 = 100;
    const DAYS: u32 = 30;
    let watched = ["unmet", "action", "stuck", "unmet_per_day"].map(str::to_string);
    let mut subject = Subject::new(include_str!("../peers/programs/etl.rules"), watched);
    let mut random = fastrand::Rng::with_seed(6);
    for (c, d) in (0..CAMPAIGNS).flat_map(|c| (0..DAYS).map(move |d| (c, d))) {
        let kinds: &[u32] = match random.u32(0..100) {
            0..97 => &[1, 2, 3, 4, 5],
            97 => &[3, 4, 5],
            98 => &[3, 5],
            _ => &[5],
        };
        kinds.iter().for_each(|kind| subject.insert("have", ints(&[*kind, c, d])));
        if kinds.len() == 1 && random.bool() {
            subject.insert("working", ints(&[4, c, d]));
        }
    }
    (0..CAMPAIGNS).for_each(|c| subject.insert("campaign", ints(&[c])));
    (0..DAYS).for_each(|d| subject.insert("day", ints(&[d])));
    for [needs, needed] in [[1, 2], [1, 3], [2, 4], [4, 5]] {
        subject.insert("needs", ints(&[needs, needed]));
    }
    subject.insert("target", ints(&[1]));
    let facts = subject.take();
    subject.count("load", vec![facts]);
    let mut facts = Vec::new();
    for step in 0..100 {
        let row = ints(&[1, step * 7 % CAMPAIGNS, step % DAYS]);
        subject.delete("have", row.clone());
        facts.push(subject.take());
        subject.insert("have", row);
        facts.push(subject.take());
    }
    subject.count("one fact", facts);
}

/// Thirty goals, each of which needs the next.
fn goals() {
    const GOALS: u32 = 30;
    const INSTANCES: u32 = 500;
    const DAYS: u32 = 31;
    let states = (0..GOALS).flat_map(|g| [format!("g{g}.missing"), format!("g{g}.ready")]);
    let mut subject = Subject::new(&chain(GOALS), states);
    let fact =
        |instance, rows| vec![campaign(instance / DAYS), day(instance % DAYS), Value::Int(rows)];
    for instance in 0..INSTANCES {
        (0..GOALS).for_each(|g| subject.insert(&format!("done{g}"), fact(instance, 1)));
    }
    (0..INSTANCES.div_ceil(DAYS)).for_each(|c| subject.insert("campaign", vec![campaign(c)]));
    subject.insert("wanted", vec![day(0), day(DAYS - 1)]);
    let facts = subject.take();
    subject.count("load", vec![facts]);
    let mut facts = Vec::new();
    for step in 0..100 {
        let instance = step * 7_919 % INSTANCES;
        for done in ["done0".to_string(), format!("done{}", GOALS - 1)] {
            for rows in [0, 1] {
                subject.insert(&done, fact(instance, rows));
                facts.push(subject.take());
            }
        }
    }
    subject.count("one fact", facts);
}

fn chain(goals: u32) -> String {
    let mut rules =
        "input campaign(id: text).\ninput wanted(from: date, to: date) key ().\n".to_string();
    for goal in 0..goals {
        let expect = "expect :- campaign(c), wanted(from, to), d in from..=to, today(t), d < t.\n";
        let expect = if goal == 0 { expect } else { "" };
        let needs = match goal + 1 < goals {
            true => format!("needs g{}(c, d).\n", goal + 1),
            false => String::new(),
        };
        writeln!(
            rules,
            "observe done{goal}(campaign: text, day: date, rows: int) key (campaign, day).\n\
             goal g{goal}(c: text, d: date) {{\n{expect}ok :- done{goal}(c, d, n), n > 0.\n{needs}\
             action \"bin/make {{c}} {{d}}\" within 4h.\n}}"
        )
        .expect("memory takes all");
    }
    rules
}

/// What can be reached in a graph: a loop, and what it takes back.
fn reach() {
    const NODES: u32 = 10_000;
    const ARCS: usize = 30_000;
    let watched = ["reach".to_string()];
    let mut subject = Subject::new(include_str!("../peers/programs/reach.rules"), watched);
    let mut random = fastrand::Rng::with_seed(4);
    let arcs: Vec<[u32; 2]> =
        (0..ARCS).map(|_| [random.u32(0..NODES), random.u32(0..NODES)]).collect();
    arcs.iter().for_each(|arc| subject.insert("arc", ints(arc)));
    (0..10).for_each(|source| subject.insert("source", ints(&[source])));
    let facts = subject.take();
    subject.count("load", vec![facts]);
    let mut facts = Vec::new();
    for arc in arcs.iter().take(200) {
        subject.delete("arc", ints(arc));
        facts.push(subject.take());
        subject.insert("arc", ints(arc));
        facts.push(subject.take());
    }
    subject.count("one fact", facts);
}
