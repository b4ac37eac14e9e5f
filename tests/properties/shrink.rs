//! Cutting a failing case down to what a person can read.

use owed::engine::Workers;

use super::run::{Case, ENDLESS, compile_text, run};
use super::text::{join, without};

/// The smallest case that was found to fail still, and how; gives up after some hundred tries.
pub fn shrink(mut case: Case, mut error: String) -> (Case, String) {
    // What does not end goes on beside the next try, and takes its time.
    let mut tries_left = if error == ENDLESS { 40 } else { 600 };
    'again: loop {
        for smaller in smaller(&case) {
            if tries_left == 0 {
                break 'again;
            }
            tries_left -= 1;
            // Not into another mistake.
            if let Some(still) = failure(&smaller).filter(|still| kind(still) == kind(&error)) {
                (case, error) = (smaller, still);
                continue 'again;
            }
        }
        break;
    }
    (case, error)
}

/// Its words up to where the values come.
fn kind(error: &str) -> &str {
    let words = error.find(": ").map_or(error, |at| &error[at..]);
    &words[..words.find(|c: char| c == '\n' || c.is_ascii_digit()).unwrap_or(words.len())]
}

/// How the case fails, if it compiles and fails.
fn failure(case: &Case) -> Option<String> {
    let program = compile_text(&join(&case.statements)).ok()?;
    run(case, &program).err()
}

/// All cases that are this one less one thing, the largest things first.
fn smaller(case: &Case) -> Vec<Case> {
    let statements = (0..case.statements.len()).map(|at| {
        let statements = without(&case.statements, at);
        Case { statements, ..case.clone() }
    });
    let steps = (0..case.steps.len()).map(|at| {
        let steps = without(&case.steps, at);
        Case { steps, ..case.clone() }
    });
    let pieces = (0..case.statements.len()).flat_map(|at| {
        let less = |statement| {
            let mut smaller = case.clone();
            smaller.statements[at] = statement;
            smaller
        };
        case.statements[at].smaller().into_iter().map(less).collect::<Vec<Case>>()
    });
    let changes = (0..case.steps.len()).flat_map(|at| {
        let less = |change| {
            let mut smaller = case.clone();
            smaller.steps[at].changes.remove(change);
            smaller
        };
        (0..case.steps[at].changes.len()).map(less).collect::<Vec<Case>>()
    });
    let is_alone = matches!(case.workers, Workers::Threads(1));
    let workers = (!is_alone).then(|| Case { workers: Workers::Threads(1), ..case.clone() });
    workers.into_iter().chain(statements).chain(steps).chain(pieces).chain(changes).collect()
}
