//! The command line as a whole: what is said, where, and how it ends. `TRYCMD=overwrite cargo
//! test --test cli` rewrites the sessions.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

const RULES: &str = "tests/cli/small.rules";

#[test]
fn sessions() {
    trycmd::TestCases::new().case("tests/cli/*.md");
}

/// Whoever reads only the first line has what they wanted.
#[test]
fn a_reader_that_goes_away_is_no_error() {
    let arguments = ["run", RULES, "--now", "2026-03-02T00:00Z"];
    let mut owed = start(&arguments);
    let mut input = owed.stdin.take().expect("piped");
    let mut first = String::new();
    let mut output = BufReader::new(owed.stdout.take().expect("piped"));
    writeln!(input, "+wanted(2026-03-01, 2026-03-01)").expect("it reads");
    output.read_line(&mut first).expect("it answers");
    assert_eq!(first, "begin\n");
    drop(output);
    // Each of these makes a delta; the first that finds nobody reading ends it.
    for day in 2..30 {
        if writeln!(input, "+wanted(2026-03-01, 2026-03-{day:02})").is_err() {
            break;
        }
    }
    drop(input);
    let ended = owed.wait_with_output().expect("it ends");
    assert_eq!(said(&ended), "");
    assert_eq!(ended.status.code(), Some(0));
}

/// What was answered stays answered; what is half said is dropped.
#[cfg(unix)]
#[test]
fn an_interrupt_ends_it_cleanly() {
    let mut owed = start(&["run", RULES, "--watch", "csv_file"]);
    let mut input = owed.stdin.take().expect("piped");
    let mut output = BufReader::new(owed.stdout.take().expect("piped"));
    writeln!(input, "+csv_file(\"1\", 2026-03-01, 17)\necho \"here\"\nbegin").expect("it reads");
    for expected in ["+csv_file(\"1\", 2026-03-01, 17)\n", "echo \"here\"\n"] {
        let mut line = String::new();
        output.read_line(&mut line).expect("it answers");
        assert_eq!(line, expected);
    }
    let killed = Command::new("kill").args(["-INT", &owed.id().to_string()]).status();
    assert!(killed.expect("kill is there").success());
    let ended = owed.wait().expect("it ends");
    assert_eq!(ended.code(), Some(0));
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("the pipe is readable");
    assert_eq!(rest, "");
}

/// Transactions are answered one by one, while the input is still open.
#[test]
fn standard_input_is_answered_as_it_comes() {
    let mut owed = start(&["run", RULES, "--watch", "csv_file", "--output", "json"]);
    let mut input = owed.stdin.take().expect("piped");
    let mut output = BufReader::new(owed.stdout.take().expect("piped"));
    for token in ["a", "b", "c"] {
        writeln!(input, "{{\"echo\":\"{token}\"}}").expect("it reads");
        let mut line = String::new();
        output.read_line(&mut line).expect("it answers");
        assert_eq!(line, format!("{{\"echo\":\"{token}\"}}\n"));
    }
    drop(input);
    assert_eq!(owed.wait().expect("it ends").code(), Some(0));
}

/// One engine's output is another's input.
#[test]
fn what_one_writes_another_reads() {
    let monday = "tests/cli/monday.feed";
    for form in ["text", "json"] {
        let watch = ["--watch", "csv_file", "--watch", "results_rows", "--watch", "wanted"];
        let now = ["--now", "2026-03-02T10:00Z"];
        let run = ["run", RULES, "--output", form];
        let first = finish(&[&run[..], &now, &watch, &["--feed", monday]].concat(), "");
        let text = String::from_utf8(first.stdout).expect("lines are text");
        let second = finish(&[&run[..], &now, &watch].concat(), &text);
        assert_eq!(said(&second), "");
        assert_eq!(String::from_utf8(second.stdout).expect("lines are text"), text);
    }
}

/// Noise on standard input is refused line by line, and never more than that.
#[test]
fn noise_on_standard_input_is_refused() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut noise: Vec<u8> = (0..50_000).map(|_| random.u8(..)).collect();
    noise.extend(b"\ncommit\necho \"still here\"\n");
    let ended = finish_bytes(&["run", RULES, "--watch", "csv_file"], &noise);
    assert_eq!(ended.status.code(), Some(1), "seed {seed}");
    assert!(ended.stdout.ends_with(b"echo \"still here\"\n"), "seed {seed}");
    let is_each_refused = said(&ended).lines().all(|line| line.starts_with("refused: "));
    assert!(is_each_refused, "seed {seed}: {}", said(&ended));
}

/// Colours are for terminals, and for whoever forces them, and never with `NO_COLOR`.
#[test]
fn colours_are_for_those_who_want_them() {
    let colours = |variables: &[(&str, &str)]| {
        let mut command = owed(&["plan", RULES, "--feed", "tests/cli/monday.feed"]);
        let output = command.envs(variables.iter().copied()).output().expect("it runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!colours(&[]));
    assert!(colours(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colours(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
}

/// A source's path may hold secrets, and says nothing of them.
#[test]
fn what_the_environment_fills_in_is_not_shown() {
    let folder = tempfile::tempdir().expect("there is room");
    let rules = folder.path().join("secret.rules");
    let text = "input campaign(id: text) from csv \"$OWED_TEST_PLACE/campaign.csv\".\n\
                output all(id: text).\nall(c) :- campaign(c).\n";
    std::fs::write(&rules, text).expect("there is room");
    let rules = rules.to_str().expect("a plain path");
    let plan = |place: Option<&str>| {
        let mut command = owed(&["plan", rules]);
        command.env_remove("OWED_TEST_PLACE");
        command.envs(place.map(|place| ("OWED_TEST_PLACE", place)));
        command.output().expect("it runs")
    };
    let unset = plan(None);
    assert_eq!(unset.status.code(), Some(1));
    assert!(said(&unset).contains("the environment variable OWED_TEST_PLACE is not set"));
    let wrong = plan(Some("/hunter2"));
    assert_eq!(wrong.status.code(), Some(1));
    assert!(said(&wrong).contains("$OWED_TEST_PLACE/campaign.csv"), "{}", said(&wrong));
    assert!(!said(&wrong).contains("hunter2"), "{}", said(&wrong));
    let here = format!("{}/tests/cli", env!("CARGO_MANIFEST_DIR"));
    let right = plan(Some(&here));
    assert_eq!(right.status.code(), Some(0), "{}", said(&right));
}

/// With the system's clock `plan` stands at a whole second.
#[test]
fn a_plan_is_made_at_a_whole_second() {
    for _ in 0..3 {
        let planned = finish(&["plan", RULES], "");
        let text = String::from_utf8(planned.stdout).expect("a report is text");
        let now = text.lines().next().expect("it begins with the moment");
        assert!(now.starts_with("now 2") && !now.contains('.'), "{now}");
    }
    let refused = finish(&["plan", RULES, "--feed", "-"], "at 2126-03-02T08:00Z\n");
    assert!(said(&refused).contains("\"at\" is for a clock that is driven"), "{}", said(&refused));
}

/// `--update` writes what comes of the blocks and says so, and then all is as expected.
#[test]
fn an_update_writes_what_comes() {
    let folder = tempfile::tempdir().expect("there is room");
    let scenario = folder.path().join("differs.test");
    let kept = "// Nothing comes of it.\nat 1970-01-02T00:00Z\n---\n";
    let refused = "// A slip of the pen.\n+campain(\"1001\")\n---\n";
    let differs = std::fs::read_to_string("tests/cli/differs.test").expect("it is there");
    let text = format!("{kept}\n{differs}\n{refused}");
    std::fs::write(&scenario, text).expect("there is room");
    let scenario = scenario.to_str().expect("a plain path");
    let test = |more: &[&str]| finish(&[&["test", RULES, scenario], more].concat(), "");
    assert_eq!(test(&[]).status.code(), Some(1));
    let update = test(&["--update"]);
    assert_eq!(update.status.code(), Some(0));
    let expected = format!(
        "ok  Nothing comes of it.\nrewritten  {scenario}:5  Expects too much.\n\
         rewritten  {scenario}:14  A slip of the pen.\n3 blocks, 2 rewritten\n"
    );
    assert_eq!(String::from_utf8_lossy(&update.stdout), expected);
    let warned = format!(
        "warning: {scenario}:14: what is expected now is an error: \
         unknown relation \"campain\"; did you mean \"campaign\"?\n"
    );
    assert_eq!(said(&update), warned);
    let again = test(&["--update"]);
    assert!(again.stdout.ends_with(b"3 blocks, all as expected\n"));
    assert_eq!(said(&again), "");
    assert_eq!(test(&[]).status.code(), Some(0));
    let written = std::fs::read_to_string(scenario).expect("it is there");
    assert!(written.contains("+csv.ready(\"1001\", 2026-03-01)\n"), "{written}");
    assert!(!written.contains("1002"), "{written}");
}

fn owed(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_owed"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn start(arguments: &[&str]) -> Child {
    let mut command = owed(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program is built")
}

fn finish(arguments: &[&str], input: &str) -> Output {
    finish_bytes(arguments, input.as_bytes())
}

fn finish_bytes(arguments: &[&str], input: &[u8]) -> Output {
    let mut owed = start(arguments);
    let mut stdin = owed.stdin.take().expect("piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = owed.wait_with_output().expect("it ends");
    // It may end before it has read everything, where it reads nothing.
    drop(writer.join().expect("writing does not panic"));
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
