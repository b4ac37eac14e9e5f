//! What checks and actions print.

use owed::feed::{OverSources, Submission, Vocabulary};
use owed::program::Program;
use owed::runtime::process::{ANSWER_LINES_MAX, read_answer};

use super::world::program;

fn read(output: &[u8]) -> Result<Submission, String> {
    let program = campaigns();
    let goal = program.schema.find("csv").expect("declared").id;
    let vocabulary = Vocabulary::new(&program.schema, OverSources::Refused).for_job(goal);
    read_answer(output, &vocabulary).map_err(|bad| bad.to_string())
}

fn campaigns() -> Program {
    program(
        "input campaign(id: text).\n\
         observe csv_file(c: text, bytes: int) key (c).\n\
         goal csv(c: text) {\n\
         expect :- campaign(c).\n\
         ok :- csv_file(c, b), b > 0.\n\
         check \"bin/ls\" every 1m.\n\
         }",
    )
}

/// How many changes, looks and reports there are.
fn counts(output: &str) -> Result<[usize; 3], String> {
    let read = read(output.as_bytes())?;
    Ok([read.changes.len(), read.looked.len(), read.reports.len()])
}

#[test]
fn an_output_is_one_transaction() {
    assert_eq!(counts(""), Ok([0, 0, 0]));
    assert_eq!(counts("+csv_file(\"1\", 7)\n\n// nothing\n-csv_file(\"2\", _)"), Ok([2, 0, 0]));
    let output = "begin\n+csv_file(\"1\", 7)\nlooked csv(\"1\")\ncommit\n\
                  {\"insert\":\"csv_file\",\"row\":{\"c\":\"2\",\"bytes\":7}}\n\
                  +csv.attempt(c: \"1\", outcome: \"failed\", message: \"why\")\n";
    assert_eq!(counts(output), Ok([2, 1, 1]));
}

#[test]
fn a_bad_line_is_shown_with_its_number_and_reason() {
    let bad = |output: &[u8]| read(output).expect_err("a line is bad");
    let cases: [(&[u8], &str); 8] = [
        (
            b"+csv_file(\"1\", 7)\nTotal: 17 files\n+csv_file(\"2\", 7)\n",
            "line 2 of its output, \"Total: 17 files\": found `Total` at character 1; expected \
             `+relation(…)`",
        ),
        (
            b"+campaign(\"1\")\n",
            "line 1 of its output, \"+campaign(\\\"1\\\")\": relation \"campaign\" is an input: \
             people and feeds write it, no check and no action",
        ),
        (
            b"+csv_file(\"1\", 7)\n\xff\xfe\n",
            "line 2 of its output: byte 1 of the line is not UTF-8",
        ),
        (b"\x7fELF\x02\x01\x01\n", "line 1 of its output, \"\u{7f}ELF\\u0002\\u0001\\u0001\": "),
        (b"echo \"x\"\n", "line 1 of its output, \"echo \\\"x\\\"\": \"echo\" asks for an answer"),
        (
            b"at 2026-03-25T08:00Z\n",
            "line 1 of its output, \"at 2026-03-25T08:00Z\": \"at\" is for",
        ),
        (
            b"begin\n+csv_file(\"1\", 7)\n",
            "line 2 of its output, \"+csv_file(\\\"1\\\", 7)\": the input ends in the transaction \
             that began in line 1",
        ),
        (
            b"begin\n+csv_file(\"1\", \"7\")\ncommit\n",
            "line 2 of its output, \"+csv_file(\\\"1\\\", \\\"7\\\")\": column \"bytes\"",
        ),
    ];
    for (output, said) in cases {
        let bad = bad(output);
        assert!(bad.starts_with(said), "{bad}");
    }
}

#[test]
fn a_long_line_is_cut() {
    let bad = read("x".repeat(5_000).as_bytes()).expect_err("it is no line");
    assert!(bad.len() < 600, "{bad}");
    assert!(bad.contains("xxx…: found `xxx") && bad.ends_with("xxx…"), "{bad}");
}

#[test]
fn there_is_an_end_to_the_lines() {
    let lines = usize::try_from(ANSWER_LINES_MAX).expect("a machine of 64 bits");
    assert_eq!(counts(&"\n".repeat(lines)), Ok([0, 0, 0]));
    let bad = read("\n".repeat(lines + 1).as_bytes()).expect_err("that is one more");
    assert_eq!(bad, "line 1000001 of its output, \"\": more than 1000000 lines");
}
