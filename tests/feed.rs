//! Feeds against golden files, what is written read back, and noise of every kind.
//!
//! A block of a golden file opens with `# ` and a sentence; then come the lines of a feed,
//! `---`, and what they mean. `UPDATE=1 cargo test --test feed` rewrites the files.

use std::fmt::Write as _;
use std::io::Cursor;
use std::path::Path;

use owed::feed::{
    Batcher, Event, Format, LINE_BYTES_MAX, Lines, OverSources, Sign, Submission, Vocabulary,
    parse_line, read_csv, read_jsonl, write_fact,
};
use owed::model::{
    Change, Column, Date, Duration, Float, Relation, RelationId, RelationKind, Revision, Row,
    Schema, Source, SourceKind, Timestamp, Type, Value,
};

#[test]
fn lines_become_transactions() {
    golden("lines.golden", |input| {
        let schema = schema();
        let mut out = String::new();
        read_all(input, &Vocabulary::new(&schema, OverSources::Refused), &mut out);
        out
    });
}

#[test]
fn a_server_takes_looks_and_reports() {
    golden("server.golden", |input| {
        let schema = schema();
        let mut out = String::new();
        read_all(input, &Vocabulary::new(&schema, OverSources::Refused).for_server(), &mut out);
        out
    });
}

#[test]
fn checks_and_actions_write_what_they_see() {
    golden("job.golden", |input| {
        let schema = schema();
        let goal = schema.find("load").expect("declared").id;
        let vocabulary = Vocabulary::new(&schema, OverSources::Refused).for_job(goal);
        let mut out = String::new();
        read_all(input, &vocabulary, &mut out);
        out
    });
}

#[test]
fn csv_becomes_rows() {
    golden("csv.golden", |input| {
        let schema = schema();
        table_outcome(read_csv(Cursor::new(input), schema.find("every").expect("declared")))
    });
}

/// A golden file has neither blank lines in a block nor other ends of lines.
#[test]
fn lines_of_csv_are_those_of_an_editor() {
    let schema = schema();
    let relation = schema.find("csv_file").expect("declared");
    let header = "campaign,day,bytes\n";
    let cases = [
        ("", "x\n", 2),
        ("\n\n", "x\n", 4),
        ("\n\na,2026-03-25,1\n\n\n", "x", 7),
        ("\"a\nb\",2026-03-25,1\n\n", "x\n", 5),
        ("", "\"two\nlines\"\n", 2),
        ("\n", "a,2026-03-25,many\n", 3),
    ];
    for end in ["\n", "\r\n"] {
        for (before, wrong, line) in cases {
            let text = format!("{header}{before}{wrong}").replace('\n', end);
            let error = read_csv(Cursor::new(&text), relation).expect_err("a row is wrong");
            let said = error.to_string();
            assert!(said.starts_with(&format!("line {line}: ")), "{text:?} gave {said}");
        }
        let text = "\n\ncampaign,day\n".replace('\n', end);
        let error = read_csv(Cursor::new(&text), relation).expect_err("the header is wrong");
        assert_eq!(error.to_string(), "line 3: column \"bytes\" is missing");
    }
}

#[test]
fn json_lines_become_rows() {
    golden("jsonl.golden", |input| {
        let schema = schema();
        table_outcome(read_jsonl(input.as_bytes(), schema.find("every").expect("declared")))
    });
}

#[test]
fn lines_go_on_top_of_sources_where_that_is_allowed() {
    let schema = schema();
    let line = "+holiday(2026-12-25)";
    let allowed = parse_line(line, &Vocabulary::new(&schema, OverSources::Allowed));
    assert!(allowed.is_ok(), "{allowed:?}");
    assert!(parse_line(line, &Vocabulary::new(&schema, OverSources::Refused)).is_err());
}

/// What is written in either form reads back as it was, for rows of every type.
#[test]
fn what_is_written_reads_back() {
    let schema = schema();
    let vocabulary = Vocabulary::new(&schema, OverSources::Refused);
    let relation = schema.find("every").expect("declared");
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..5_000 {
        let row: Row = relation.columns.iter().map(|one| value(one.ty, &mut random)).collect();
        for format in [Format::Text, Format::Json] {
            let mut line = Vec::new();
            write_fact(&mut line, Sign::Insert, relation, &row, Revision(7), format)
                .expect("writing to memory");
            let line = String::from_utf8(line).expect("lines are text");
            let change = Change::Insert { relation: relation.id, row: row.clone() };
            let read = parse_line(line.trim_end_matches('\n'), &vocabulary);
            assert_eq!(read, Ok(owed::feed::Line::Change(change)), "seed {seed}: {line}");
        }
    }
}

/// Noise never panics, and the feed goes on after it.
#[test]
fn noise_is_refused_and_the_feed_goes_on() {
    let schema = schema();
    let vocabulary = Vocabulary::new(&schema, OverSources::Refused);
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    let pieces = [
        "+",
        "-",
        "campaign",
        "every",
        "(",
        ")",
        ",",
        ".",
        "_",
        "\"",
        "\\",
        "begin",
        "commit",
        "at ",
        "echo ",
        "2026-03-25",
        "T08:00Z",
        "1",
        "9223372036854775808",
        "1e999",
        "1h",
        "1mo",
        "{",
        "}",
        "\"insert\"",
        ":",
        "null",
        "//",
        "/*",
        " ",
        "\t",
        "\u{0}",
        "é",
        "\u{202e}",
    ];
    for _ in 0..20_000 {
        let mut noise = Vec::new();
        for _ in 0..random.usize(0..12) {
            match random.u8(0..4) {
                0 => noise.push(random.u8(..)),
                _ => noise.extend(random.choice(pieces).expect("some").bytes()),
            }
        }
        noise.extend(b"\ncommit\n+campaign(\"after\")\n");
        let mut out = String::new();
        read_all_bytes(&noise, &vocabulary, &mut out);
        let is_after = out.ends_with("insert campaign(\"after\")\n");
        assert!(is_after, "seed {seed}: {:?} gave {out}", String::from_utf8_lossy(&noise));
    }
}

#[test]
fn a_line_that_is_too_long_is_passed_over_and_not_kept() {
    let schema = schema();
    let vocabulary = Vocabulary::new(&schema, OverSources::Refused);
    let long = format!("+campaign(\"{}\")\n+campaign(\"1\")\n", "x".repeat(LINE_BYTES_MAX));
    let mut out = String::new();
    read_all(&long, &vocabulary, &mut out);
    let refused = format!("line 1: the line is longer than {LINE_BYTES_MAX} bytes\n");
    assert_eq!(out, format!("{refused}insert campaign(\"1\")\n"));
}

fn read_all(input: &str, vocabulary: &Vocabulary<'_>, out: &mut String) {
    read_all_bytes(input.as_bytes(), vocabulary, out);
}

fn read_all_bytes(input: &[u8], vocabulary: &Vocabulary<'_>, out: &mut String) {
    let mut lines = Lines::new(Cursor::new(input));
    let mut batcher = Batcher::default();
    while let Some(raw) = lines.read().expect("reading from memory") {
        let line = raw.text.and_then(|text| parse_line(&text, vocabulary));
        match batcher.push(raw.number, line) {
            Ok(None) => {}
            Ok(Some(event)) => show_event(&event, vocabulary.schema(), out),
            Err(mistake) => writeln!(out, "line {}: {mistake}", raw.number).expect("memory"),
        }
    }
    if let Err(mistake) = batcher.finish() {
        writeln!(out, "at the end: {mistake}").expect("memory");
    }
}

fn show_event(event: &Event, schema: &Schema, out: &mut String) {
    match event {
        Event::Transaction(submission) => {
            let shown = show_submission(submission, schema);
            let shown = if shown.is_empty() { "nothing".into() } else { shown.join(" + ") };
            writeln!(out, "{shown}").expect("memory");
        }
        Event::At(moment) => writeln!(out, "at {moment}").expect("memory"),
        Event::Echo(token) => writeln!(out, "echo {token}").expect("memory"),
    }
}

fn show_submission(submission: &Submission, schema: &Schema) -> Vec<String> {
    let instance = |goal: RelationId, row: &Row| {
        let terms: Vec<String> = row.iter().map(Value::to_string).collect();
        format!("{}({})", schema.relation(goal).name, terms.join(", "))
    };
    let changes = submission.changes.iter().map(|change| show_change(change, schema));
    let looked =
        submission.looked.iter().map(|one| format!("looked {}", instance(one.goal, &one.row)));
    let reports = submission.reports.iter().map(|one| {
        let message = one.message.as_ref().map_or(String::new(), |said| format!(": {said}"));
        format!("report {} {}{message}", instance(one.goal, &one.row), one.outcome.name())
    });
    changes.chain(looked).chain(reports).collect()
}

fn show_change(change: &Change, schema: &Schema) -> String {
    let name = &schema.relation(change.relation()).name;
    let (verb, terms): (_, Vec<String>) = match change {
        Change::Insert { row, .. } => ("insert", row.iter().map(Value::to_string).collect()),
        Change::Delete { pattern, .. } => (
            "delete",
            pattern
                .iter()
                .map(|one| one.as_ref().map_or("_".to_string(), Value::to_string))
                .collect(),
        ),
    };
    format!("{verb} {name}({})", terms.join(", "))
}

fn table_outcome(rows: Result<Vec<Row>, owed::feed::TableError>) -> String {
    match rows {
        Ok(rows) => rows
            .iter()
            .map(|row| {
                let cells: Vec<String> = row.iter().map(Value::to_string).collect();
                format!("{}\n", cells.join(", "))
            })
            .collect(),
        Err(error) => format!("{error}\n"),
    }
}

/// Holds every block of a golden file against what its input gives now.
fn golden(name: &str, outcome: impl Fn(&str) -> String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feed").join(name);
    let text = std::fs::read_to_string(&path).expect("the golden file is there");
    let mut rewritten = Vec::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let (title, rest) = block.trim_matches('\n').split_once('\n').expect("a title, then lines");
        assert!(title.starts_with("# "), "{name}: a block opens with a sentence: {title}");
        let input = rest.split("\n---").next().expect("split gives one at least");
        let output = outcome(&format!("{input}\n"));
        rewritten.push(format!("{title}\n{input}\n---\n{output}"));
    }
    let rewritten = rewritten.join("\n");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, rewritten).expect("the golden file can be written");
        return;
    }
    assert!(
        text == rewritten,
        "{name} differs:\n{}",
        similar::TextDiff::from_lines(&text, &rewritten).unified_diff()
    );
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    let mut add = |name: &str, kind, columns: &[(&str, Type)], source: Option<Source>| {
        let columns = columns
            .iter()
            .map(|(name, ty)| Column { name: (*name).to_string(), ty: *ty })
            .collect();
        schema.add(Relation {
            id: RelationId(0),
            name: name.to_string(),
            columns,
            kind,
            key: None,
            is_output: false,
            source,
            doc: None,
        });
    };
    let (input, observe) = (RelationKind::Input, RelationKind::Observe);
    let file = SourceKind::Csv { path: "$DATA/holidays.csv".to_string() };
    let source = Source {
        kind: file,
        every: None,
        timeout: None,
        environment: Vec::new(),
        notify: None,
        shrink_percent: None,
    };
    add("campaign", input, &[("id", Type::Text)], None);
    add("frozen", input, &[], None);
    add("holiday", input, &[("day", Type::Date)], Some(source));
    let file = [("campaign", Type::Text), ("day", Type::Date), ("bytes", Type::Int)];
    add("csv_file", observe, &file, None);
    let every = Type::ALL.map(|ty| (ty.name(), ty));
    add("every", observe, &every, None);
    let instance = [("c", Type::Text), ("d", Type::Date)];
    add("csv", input, &instance, None);
    add("csv.missing", RelationKind::Derived, &instance, None);
    let attempt = [("c", Type::Text), ("outcome", Type::Text), ("message", Type::Text)];
    add("csv.attempt", observe, &attempt, None);
    let waiver = [("c", Type::Text), ("reason", Type::Text), ("who", Type::Text)];
    add("csv.waiver", input, &waiver, None);
    // A goal as programs have it.
    add("load", input, &instance, None);
    let attempt_of_load = [
        ("c", Type::Text),
        ("d", Type::Date),
        ("number", Type::Int),
        ("started", Type::Time),
        ("ended", Type::Time),
        ("outcome", Type::Text),
        ("message", Type::Text),
    ];
    add("load.attempt", observe, &attempt_of_load, None);
    add("extract", input, &instance, None);
    add("extract.attempt", observe, &attempt_of_load, None);
    // Another engine's relation: what it says is its own affair.
    add("theirs.attempt", observe, &attempt, None);
    add("progress", RelationKind::Derived, &instance, None);
    add("today", RelationKind::Builtin, &[("d", Type::Date)], None);
    schema
}

fn value(ty: Type, random: &mut fastrand::Rng) -> Value {
    let small = random.i64(-3..4);
    let micros = random.i64(-1_000_000_000_000_000..1_000_000_000_000_000);
    let whole = if random.bool() { small } else { random.i64(..) };
    match ty {
        Type::Bool => Value::Bool(random.bool()),
        Type::Int => Value::Int(whole),
        Type::Float => {
            let bits = f64::from_bits(random.u64(..));
            let float = if random.bool() { bits } else { small as f64 / 3.0 };
            Value::Float(Float::new(float).or(Float::new(1.5)).expect("1.5 is finite"))
        }
        Type::Text => {
            Value::text((0..random.usize(0..8)).map(|_| random.char(..)).collect::<String>())
        }
        Type::Date => {
            Value::Date(Date::from_days(random.i64(-700_000..2_900_000)).expect("in range"))
        }
        Type::Time => Value::Time(Timestamp::from_micros(micros).expect("in range")),
        Type::Duration => Value::Duration(Duration::from_micros(if random.bool() {
            small * 60_000_000
        } else {
            micros
        })),
    }
}

/// From `SEED`, or by the clock; messages print it.
fn seed() -> u64 {
    match std::env::var("SEED") {
        Ok(seed) => seed.parse().expect("SEED is a number"),
        Err(_) => fastrand::u64(..),
    }
}
