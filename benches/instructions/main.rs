//! How many instructions do a few small programs take? A measure that no other work on the machine
//! blurs, so that a slow-down of some hundredths is seen. Needs `valgrind`.
//!
//! `cargo bench --bench instructions` counts and compares with `expected.txt`, which lies beside
//! this file, and fails where something takes more than 5 % more: 20 % where the compiler is
//! another one than that of the counts. With `-- --accept` it writes what it has counted there.
//! `-- PROGRAM` counts one program alone.
//!
//! Only what the engine does is counted, on one worker, and with the system's allocator: what
//! mimalloc does depends on addresses, which are others each time.

mod callgrind;
mod expected;
mod programs;
mod subject;

use std::process::ExitCode;

use callgrind::count;
use expected::{Counts, Expected};
use programs::PROGRAMS;

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let counted = match arguments.as_slice() {
        ["--run", name] => {
            let (_, program) = PROGRAMS.iter().find(|(known, _)| known == name).expect("known");
            program();
            return ExitCode::SUCCESS;
        }
        [] | ["--accept"] => count(PROGRAMS.iter().map(|(name, _)| *name)),
        [name] if PROGRAMS.iter().any(|(known, _)| known == name) => count([*name].into_iter()),
        _ => {
            let known: Vec<&str> = PROGRAMS.iter().map(|(name, _)| *name).collect();
            eprintln!("expected nothing, `--accept`, or one of: {}", known.join(", "));
            return ExitCode::from(64);
        }
    };
    match (counted, arguments.first()) {
        (Err(why), _) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
        (Ok(counts), Some(&"--accept")) => {
            Expected::of(counts).write();
            ExitCode::SUCCESS
        }
        (Ok(counts), _) => compare(&Expected::read(), &counts),
    }
}

/// Prints every count beside what was expected, and tells how it went.
fn compare(expected: &Expected, counts: &Counts) -> ExitCode {
    let tolerance = expected.tolerance();
    println!("{:<26}{:>15}{:>15}{:>10}", "instructions", "counted", "expected", "");
    let (mut more, mut fewer) = (Vec::new(), Vec::new());
    for (name, count) in counts {
        let Some(known) = expected.counts.get(name) else {
            println!("{name:<26}{count:>15}{:>15}{:>10}", "-", "new");
            more.push(format!("{name} is new"));
            continue;
        };
        let change = (*count as f64 / *known as f64 - 1.0) * 100.0;
        println!("{name:<26}{count:>15}{known:>15}{change:>+8.2} %");
        if change > tolerance {
            more.push(format!("{name} takes {change:.1} % more instructions than expected"));
        }
        if change < -tolerance {
            fewer.push(format!("{name} takes {:.1} % fewer instructions", -change));
        }
    }
    let accept = "`cargo bench --bench instructions -- --accept` accepts the new counts";
    for line in &fewer {
        println!("{line}: {accept}, so that this is held");
    }
    for line in &more {
        eprintln!("error: {line}; if that has to be, {accept}");
    }
    if more.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
