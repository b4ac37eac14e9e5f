//! Actions and checks by HTTP: what is sent, and what the answers mean.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use owed::runtime::process::Labels;
use owed::runtime::{Ended, ProcessExit, Run};

use crate::web::{Web, reply};
use crate::world::{Tasks, is_done, until, why};

const INSTANCE: &str = "\"a b/ü\", 2026-03-25, 7";

fn act(clause: &str, instances: &[&str]) -> Ended {
    Tasks::new(clause).act(instances, Path::new("."))
}

fn refusal(clause: &str, instances: &[&str]) -> String {
    let refused = Tasks::new(clause).begin_to_act(instances, Path::new("."));
    refused.expect_err("it is refused").to_string()
}

#[test]
fn an_action_sends_its_parameters() {
    let web = Web::saying("201 Created", "made");
    let url = web.url("/runs/{c}/of/{d:%Y%m%d}?day={d}&n={n}&c={c}");
    let clause = format!(
        "action http POST \"{url}\" within 1h, bearer \"t0ken\", header \"X-Part: 7 of 9\", \
         header \"X-Two:2\"."
    );
    assert!(is_done(&act(&clause, &[INSTANCE])));
    let seen = web.seen();
    let [one] = seen.as_slice() else { panic!("{seen:?}") };
    let path = "/runs/a%20b%2F%C3%BC/of/20260325?day=2026-03-25&n=7&c=a%20b%2F%C3%BC";
    assert_eq!(one.line, format!("POST {path}"));
    assert_eq!(one.body, r#"{"c":"a b/ü","d":"2026-03-25","n":7}"#);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", "Bearer t0ken"),
        ("idempotency-key", "k3y"),
        ("x-part", "7 of 9"),
        ("x-two", "2"),
    ];
    for (name, value) in headers {
        assert_eq!(one.header(name), Some(value), "{one:?}");
    }
}

#[test]
fn a_batch_is_an_array() {
    let web = Web::saying("200 OK", "");
    let clause = format!("action http PUT \"{}\" within 1h, batch 10.", web.url("/{d}"));
    let two = ["\"a\", 2026-03-25, 1", "\"b\", 2026-03-25, 2"];
    assert!(is_done(&act(&clause, &two)));
    assert!(is_done(&act(&clause, &two[..1])));
    let bodies: Vec<String> = web.seen().into_iter().map(|one| one.body).collect();
    let first = r#"{"c":"a","d":"2026-03-25","n":1}"#;
    let second = r#"{"c":"b","d":"2026-03-25","n":2}"#;
    assert_eq!(bodies, [format!("[{first},{second}]"), format!("[{first}]")]);
    let refused = refusal(&clause, &["\"a\", 2026-03-25, 1", "\"b\", 2026-03-26, 2"]);
    assert_eq!(refused, "{d} has several values in a batch of 2");
}

#[test]
fn a_body_of_its_own_is_filled_in_as_json() {
    let web = Web::saying("200 OK", "");
    let body = r#"{"id": "run-{c}-{d:%j}", "conf": {"day": {d}, "n": {n}, "who": {c}}, "x": {}}"#;
    let quoted = serde_json::to_string(body).expect("text is JSON");
    let clause = format!("action http POST \"{}\" within 1h, body {quoted}.", web.url("/"));
    assert!(is_done(&act(&clause, &[r#""q\"}\\", 2026-03-25, 7"#])));
    let sent = web.seen()[0].body.clone();
    let expected = concat!(
        r#"{"id": "run-q\"}\\-084", "conf": {"day": "2026-03-25", "n": 7, "#,
        r#""who": "q\"}\\"}, "x": {}}"#
    );
    assert_eq!(sent, expected);
    serde_json::from_str::<serde_json::Value>(&sent).expect("JSON");
}

/// A value makes no path of its own, and nothing is sent.
#[test]
fn values_stay_in_their_part_of_the_path() {
    let clause = "action http DELETE \"http://127.0.0.1:1/files/{c}\" within 1h.";
    for value in ["", ".", ".."] {
        let refused = refusal(clause, &[&format!("\"{value}\", 2026-03-25, 7")]);
        assert_eq!(refused, format!("the value \"{value}\" of \"c\" is no part of a URL's path"));
    }
    let clause = "action http DELETE \"http://127.0.0.1:1/files/.{c}/x\" within 1h.";
    let tasks = Tasks::new(clause);
    let ended = tasks.begin_to_act(&["\"a\", 2026-03-25, 7"], Path::new(".")).expect("it is sent");
    assert!(why(&ended).contains("Connection refused"), "{ended:?}");
}

#[test]
fn answers_of_an_action_say_how_it_went() {
    let of = |status: &str, body: &str| {
        let web = Web::saying(status, body);
        act(&format!("action http POST \"{}\" within 1h.", web.url("/")), &[INSTANCE])
    };
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        let ended =
            of(status, if status.starts_with("204") { "" } else { "{\"state\":\"queued\"}" });
        assert!(is_done(&ended) && ended.output.is_empty(), "{ended:?}");
    }
    let gone = of("410 Gone", "no such\n   campaign\u{1b}[31m");
    assert_eq!(gone.exit, ProcessExit::Code(69));
    assert_eq!(gone.complaint, "HTTP 410 Gone: no such campaign [31m");
    let failed = of("503 Service Unavailable", &"<p> try later </p>".repeat(1_000));
    let said = why(&failed);
    assert!(said.starts_with("HTTP 503 Service Unavailable: <p> try later </p><p>"), "{said}");
    assert!(said.len() < 400, "{said}");
    assert_eq!(why(&of("404 Not Found", "")), "HTTP 404 Not Found");
}

/// Nobody else gets to know the token, and no POST becomes a GET.
#[test]
fn nobody_is_followed() {
    let other = Web::saying("200 OK", "");
    let elsewhere = other.url("/there");
    let web = Web::start(move |_| {
        format!("302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n")
    });
    let ended = act(&format!("action http POST \"{}\" within 1h.", web.url("/")), &[INSTANCE]);
    assert_eq!(why(&ended), format!("HTTP 302 Found to {}", other.url("/there")));
    assert!(other.seen().is_empty());
}

#[test]
fn answers_of_a_check_are_what_was_seen() {
    let lines = "+seen(\"a\", 2026-03-25, 7)\n";
    let of = |status: &str, body: &str| {
        let web = Web::saying(status, body);
        let clause = format!("check http GET \"{}\" every 5m.", web.url("/{c}"));
        let ended = Tasks::new(&clause).look(&["\"a\", 2026-03-25, 7"]);
        assert_eq!(web.seen()[0].line, "GET /a");
        assert_eq!(web.seen()[0].header("idempotency-key"), None);
        ended
    };
    let seen = of("200 OK", lines);
    assert!(is_done(&seen));
    assert_eq!(seen.output, lines.as_bytes());
    assert_eq!(of("202 Accepted", lines).exit, ProcessExit::Code(75));
    assert_eq!(why(&of("404 Not Found", lines)), format!("HTTP 404 Not Found: {}", lines.trim()));
    assert_eq!(why(&of("410 Gone", "")), "HTTP 410 Gone");
    assert_eq!(why(&of("503 Service Unavailable", "")), "HTTP 503 Service Unavailable");
}

#[test]
fn a_check_by_post_is_for_all_that_are_due() {
    let web = Web::saying("200 OK", "");
    let clause = format!("check http POST \"{}\" every 5m.", web.url("/looks"));
    assert!(is_done(&Tasks::new(&clause).look(&["\"a\", 2026-03-25, 7"])));
    assert_eq!(web.seen()[0].body, r#"[{"c":"a","d":"2026-03-25","n":7}]"#);
}

/// Who never answers is left, and who cuts an answer short has not answered.
#[test]
fn a_request_that_is_stopped_does_not_wait() {
    let web = Web::start(|_| {
        thread::sleep(Duration::from_secs(600));
        String::new()
    });
    let tasks = Tasks::new(&format!("action http POST \"{}\" within 1h.", web.url("/")));
    let goal = &tasks.program.goals[0];
    let rows = tasks.rows(&[INSTANCE]);
    let _entered = tasks.runtime.enter();
    let run = Run {
        task: &goal.action.as_ref().expect("it has one").task,
        parameters: &goal.parameters,
        instances: &rows,
        is_batch: false,
        labels: Labels { goal: Some("g"), attempt: Some(1), ..Labels::default() },
        environment: &[],
        folder: Path::new("."),
    };
    let (stopper, end) = tasks.runner.begin(run).expect("nothing is refused");
    let began = Instant::now();
    let ended = thread::scope(|scope| {
        let end = scope.spawn(|| tasks.runtime.block_on(end));
        until("it is asked", || web.seen().len() == 1);
        stopper.stop();
        end.join().expect("it does not panic")
    });
    assert_eq!(why(&ended), "it was asked to stop, and did not wait");
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[test]
fn an_answer_that_is_cut_short_is_none() {
    let web = Web::start(|_| {
        reply("200 OK", "+seen(\"a\", 2026-03-25, 7)\n").replace("length: 2", "length: 9")
    });
    let clause = format!("check http GET \"{}\" every 5m.", web.url("/"));
    let tasks = Tasks::new(&clause);
    thread::scope(|scope| {
        let looked = scope.spawn(|| tasks.look(&[INSTANCE]));
        until("it is asked", || web.seen().len() == 1);
        web.hang_up();
        let ended = looked.join().expect("it does not panic");
        assert!(why(&ended).contains("end of file before message"), "{ended:?}");
    });
}
