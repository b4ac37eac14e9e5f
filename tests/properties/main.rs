//! The engine held against a naive reading of the language, on programs and transactions that
//! nobody thought of. `OWED_SEED` is the first case, `OWED_CASES` how many there are.

mod body;
mod cluster;
mod expression;
mod goals;
mod golden;
#[path = "../naive/mod.rs"]
mod naive;
mod program;
mod ranges;
mod run;
mod shrink;
mod text;
mod transactions;
mod values;
mod why;

use std::path::Path;

use fastrand::Rng;
use owed::engine::Workers;

use run::{Case, Watch, compile_text, describe, run};

#[test]
fn functions_have_their_values() {
    golden::check_functions(Path::new("tests/functions"));
}

#[test]
fn ranges_hold_what_they_walk() {
    ranges::check_extremes();
    for seed in seeds() {
        println!("OWED_SEED={seed}");
        ranges::check_range(&mut Rng::with_seed(seed));
    }
}

#[test]
fn naive_reading_agrees_with_hand_made_results() {
    golden::check_programs(Path::new("tests/naive"));
}

#[test]
fn random_programs_are_accepted() {
    let (mut refused, cases) = (Vec::new(), number("OWED_CASES", 200));
    for seed in seeds() {
        let text = text::join(&program::program(&mut Rng::with_seed(seed)));
        if let Err(errors) = compile_text(&text) {
            refused.push(format!("seed {seed}\n{text}\n{errors}"));
        }
    }
    if std::env::var_os("OWED_SHOW").is_some() {
        refused.iter().for_each(|text| println!("{text}"));
    }
    let few = refused.len() as u64 * 20 <= cases;
    assert!(few, "{} of {cases} are refused, as this one: {}", refused.len(), refused[0]);
}

#[test]
fn engine_agrees_with_the_language() {
    run::quieten_panics();
    let mut first = None;
    for seed in seeds() {
        let threads = 1 + usize::from(seed.is_multiple_of(4));
        if let Some((case, error)) = failure(seed, Workers::Threads(threads)) {
            println!("OWED_SEED={seed} OWED_CASES=1: {error}");
            first = first.or(Some((seed, case, error)));
        }
    }
    if let Some((seed, case, error)) = first {
        let (small, error) = shrink::shrink(case, error);
        panic!("OWED_SEED={seed} OWED_CASES=1, made smaller:\n{}\n{error}", describe(&small));
    }
}

/// Also where one of the processes is killed at any moment, and started again.
#[test]
fn engine_agrees_with_the_language_over_processes() {
    run::quieten_panics();
    owed::engine::keep_quiet_about_lost();
    let cluster = cluster::Cluster::start(2);
    for seed in seeds().step_by(10) {
        let killing = cluster.kill_sometimes(seed);
        let failed = failure(seed, cluster.workers());
        drop(killing);
        if let Some((case, error)) = failed {
            panic!("OWED_SEED={seed} OWED_CASES=1: {error}\n{}", describe(&case));
        }
    }
    assert!(cluster.kills() > 0 || seeds().count() < 40, "some member was killed");
}

#[test]
fn expanded_programs_mean_the_same() {
    for seed in seeds() {
        let mut random = Rng::with_seed(seed);
        let text = text::join(&program::program(&mut random));
        let Ok(program) = compile_text(&text) else { continue };
        let expansion = run::expand_text(&text);
        let expanded = compile_text(&expansion)
            .unwrap_or_else(|errors| panic!("OWED_SEED={seed}\n{expansion}\n{errors}"));
        let start = values::first_moment(&mut random);
        let steps = transactions::steps(&mut random, &program.schema, start);
        if let Err(error) = run::compare_programs(&program, &expanded, &steps) {
            panic!("OWED_SEED={seed} OWED_CASES=1\n{text}\n{expansion}\n{error}");
        }
    }
}

#[test]
fn explanations_agree_with_the_language() {
    for seed in seeds() {
        let mut random = Rng::with_seed(seed);
        let text = text::join(&program::program(&mut random));
        let Ok(program) = compile_text(&text) else { continue };
        let start = values::first_moment(&mut random);
        let steps = transactions::steps(&mut random, &program.schema, start);
        if let Err(error) = why::check(&program, &steps) {
            panic!("OWED_SEED={seed} OWED_CASES=1\n{text}\n{error}");
        }
    }
}

/// Makes and runs the case of that seed; how it fails, if it does.
fn failure(seed: u64, workers: Workers) -> Option<(Case, String)> {
    let mut random = Rng::with_seed(seed);
    let statements = program::program(&mut random);
    let program = compile_text(&text::join(&statements)).ok()?;
    let start = values::first_moment(&mut random);
    let steps = transactions::steps(&mut random, &program.schema, start);
    let watch = if seed.is_multiple_of(3) { Watch::Half } else { Watch::All };
    let case = Case { statements, steps, workers, watch };
    let error = run(&case, &program).err()?;
    Some((case, error))
}

fn seeds() -> std::ops::Range<u64> {
    let first = number("OWED_SEED", 1);
    first..first + number("OWED_CASES", 200)
}

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}
