//! Root causes for people.

use super::cause::Cause;
use super::page::{Page, number_in_words, number_of};
use super::roots::{Counts, Root, Roots};

/// The roots as lines of 80 columns, at most so many of them.
pub fn write_roots(roots: &Roots, limit: usize) -> String {
    let mut page = Page::default();
    page.line("", &format!("now {:#}", roots.now));
    let missing: usize = roots.missing.iter().map(|(_, number)| number).sum();
    page.line("", "");
    match missing {
        0 => page.line("", "nothing is missing"),
        _ => {
            let goals = if roots.missing.len() > 1 {
                format!(": {}", counts(&roots.missing))
            } else {
                format!(" of {}", roots.missing[0].0)
            };
            page.line("", &format!("{}{goals}", number_of(missing, "missing instance")));
        }
    }
    for root in roots.roots.iter().take(limit) {
        write_root(root, &mut page);
    }
    let hidden = roots.roots.len().saturating_sub(limit);
    if hidden > 0 {
        page.line("", "");
        page.line("", &format!("… and {} (--limit 0 shows all)", number_of(hidden, "more cause")));
    }
    page.text
}

fn write_root(root: &Root, page: &mut Page) {
    page.line("", "");
    let until = match root.until {
        Some((first, last)) if first == last => format!(", until {first:#}"),
        Some((first, last)) => format!(", until {first:#} to {last:#}"),
        None => String::new(),
    };
    page.line("", &format!("{}{until}", words(&root.cause)));
    let waiting: usize = root.waiting.iter().map(|(_, number)| number).sum();
    let waiting = match waiting {
        0 => String::new(),
        1 => format!("; {} waits for it", counts(&root.waiting)),
        _ => format!("; {} wait for it", counts(&root.waiting)),
    };
    page.line("  ", &format!("{}{waiting}", counts(&root.instances)));
    let own: usize = root.instances.iter().map(|(_, number)| number).sum();
    let mut shown: Vec<String> = root.examples.iter().map(ToString::to_string).collect();
    if own > shown.len() {
        shown.push(format!("… and {} more", number_in_words(own - shown.len())));
    }
    page.line("  ", &shown.join(", "));
}

fn counts(counts: &Counts) -> String {
    let one = |(goal, number): &(String, usize)| format!("{} {goal}", number_in_words(*number));
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The cause in words.
fn words(cause: &Cause) -> String {
    let with = |what: &str, more: &str| match more {
        "" => what.to_string(),
        more => format!("{what}: {more}"),
    };
    match cause {
        Cause::Gone { reason } => with("gone", reason),
        Cause::Stuck { message } => with("stuck", message),
        Cause::Obstacle { what } => what.clone(),
        Cause::Cycle => "in a cycle: they wait for each other".to_string(),
        Cause::Held { reason } => with("held", reason),
        Cause::Resting { message } => with("resting after a failure", message),
        Cause::World { goal, look_failure: None } => {
            format!("waiting for the world: {goal} has no action")
        }
        Cause::World { goal, look_failure: Some(failure) } => {
            format!("waiting for the world: {goal} has no action, and its look fails: {failure}")
        }
        Cause::Ready => "ready: their actions would start now".to_string(),
        Cause::Working { by: None } => "an attempt is in flight".to_string(),
        Cause::Working { by: Some(clause) } => format!("somebody is on it: {clause}"),
        Cause::Other => "more causes than are told apart".to_string(),
    }
}
