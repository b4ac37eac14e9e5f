//! The program `owed` as a process: from its start until it answers, and what it costs to have it
//! wait.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::Report;

/// Looked at for so long.
const IDLE: Duration = Duration::from_secs(5);

const IDLE_ROWS: u32 = 1_000_000;

/// `owed run` until it answers, without facts; the rules of `etl`.
pub fn measure_start() -> Report {
    let mut report = Report::default();
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            let mut owed = Owed::start("etl");
            owed.ask_echo();
            let took = start.elapsed().as_secs_f64() * 1e3;
            owed.end();
            took
        })
        .collect();
    report.times("ready", &mut times);
    report
}

/// Processor time of `owed run` over a million rows, while nothing comes in.
pub fn measure_idle() -> Report {
    let mut owed = Owed::start("counts");
    let start = Instant::now();
    {
        let mut input = std::io::BufWriter::new(&mut owed.input);
        let mut tell = |line: String| writeln!(input, "{line}").expect("it reads");
        tell("begin".to_string());
        (0..IDLE_ROWS).for_each(|n| tell(format!("+have({}, {}, {})", n % 5, n / 500, n % 365)));
        tell("commit".to_string());
    }
    owed.ask_echo();
    let mut report = Report::default();
    report.number("feed", start.elapsed().as_secs_f64() * 1e3);
    // What it does once after a large transaction is not idleness yet.
    std::thread::sleep(Duration::from_secs(1));
    let before = owed.ticks();
    std::thread::sleep(IDLE);
    report.number("ticks", (owed.ticks() - before) as f64);
    owed.end();
    report
}

/// Where cargo puts what it builds: beside this program.
pub fn program(name: &str) -> PathBuf {
    std::env::current_exe().expect("the bench has a path").with_file_name(name)
}

struct Owed {
    child: Child,
    input: std::process::ChildStdin,
    output: BufReader<std::process::ChildStdout>,
}

impl Owed {
    fn start(name: &str) -> Owed {
        let rules = format!("{}/programs/{name}.rules", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(program("owed"))
            .args(["run", &rules])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program owed was built with the bench");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Owed { child, input, output }
    }

    /// Returns when everything before is answered.
    fn ask_echo(&mut self) {
        writeln!(self.input, "echo \"there\"").expect("it reads");
        let mut line = String::new();
        while !line.starts_with("echo") {
            line.clear();
            let read = self.output.read_line(&mut line).expect("it writes text");
            assert!(read > 0, "it ended before it answered");
        }
    }

    /// Processor time so far, in hundredths of a second.
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("Linux has it");
        let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
        let fields: Vec<&str> = fields.split_whitespace().collect();
        [11, 12].map(|at| fields[at].parse::<u64>().expect("a number")).iter().sum()
    }

    fn end(self) {
        let Owed { mut child, input, output } = self;
        drop((input, output));
        child.wait().expect("it ends with its input");
    }
}
