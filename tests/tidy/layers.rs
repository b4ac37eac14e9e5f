//! The table of rooms: data flows one way, and a room imports only rooms below it.

use super::source::{Finding, Source, is_word};

/// A room, and what it may import beside itself.
const ROOMS: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("diagnostic", &[]),
    ("syntax", &["model", "diagnostic"]),
    ("program", &["syntax", "model", "diagnostic"]),
    ("plan", &["program", "model", "diagnostic"]),
    ("compile", &["syntax", "program", "plan", "diagnostic"]),
    ("cluster", &[]),
    ("memory", &[]),
    ("engine", &["cluster", "memory", "plan", "model"]),
    ("feed", &["syntax", "model", "diagnostic"]),
    ("store", &["model"]),
    ("why", &["program", "feed", "model"]),
    ("reconcile", &["model"]),
    (
        "runtime",
        &[
            "compile",
            "program",
            "plan",
            "engine",
            "feed",
            "store",
            "why",
            "reconcile",
            "model",
            "diagnostic",
        ],
    ),
    ("server", &["runtime", "feed", "model"]),
];

/// The room at the top imports all.
const TOP: &str = "cli";

/// Every path that begins with `crate::` leads to the room itself or to one that it may import.
pub fn check(source: &Source) -> Vec<Finding> {
    let Some(room) = room(&source.path) else { return Vec::new() };
    let allowed = ROOMS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
    if room == TOP {
        return Vec::new();
    }
    let Some(allowed) = allowed else {
        return vec![source.finding(0, format!("room {room} is not in the table of rooms"))];
    };
    let mut found = Vec::new();
    for (at, target) in imports(source) {
        if target != room && !allowed.contains(&target) {
            found.push(source.finding(at, format!("{room} may not import {target}")));
        }
    }
    for (at, _) in source.code.match_indices("super::super") {
        found.push(source.finding(at, "begin this path with crate::, so that its room is seen"));
    }
    found
}

/// The room of a file below `src`; the crate's two roots belong to none.
fn room(path: &str) -> Option<&str> {
    let below = path.strip_prefix("src/")?;
    let first = below.split('/').next()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(room, "lib" | "main")).then_some(room)
}

/// The first name behind each `crate::`, also of groups: `crate::{model::Value, plan}`.
fn imports(source: &Source) -> Vec<(usize, &str)> {
    let code = &source.code;
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let word_goes_on = at > 0 && is_word(code.as_bytes()[at - 1]);
        let behind = at + "crate::".len();
        let is_macro = at > 0 && code.as_bytes()[at - 1] == b'$';
        if word_goes_on || is_macro {
            continue;
        }
        if code[behind..].starts_with('{') {
            found.extend(group(code, behind + 1));
        } else {
            found.extend(first_word(code, behind));
        }
    }
    found
}

/// The first names of a group's members.
fn group(code: &str, from: usize) -> Vec<(usize, &str)> {
    let mut members = Vec::from_iter(first_word(code, from));
    let mut depth = 0;
    for (offset, byte) in code[from..].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => break,
            b'}' => depth -= 1,
            b',' if depth == 0 => members.extend(first_word(code, from + offset + 1)),
            _ => {}
        }
    }
    members
}

/// The word at a place, after white space.
fn first_word(code: &str, from: usize) -> Option<(usize, &str)> {
    let rest = &code[from..];
    let start = rest.len() - rest.trim_start().len();
    let length = rest[start..].bytes().take_while(|byte| is_word(*byte)).count();
    (length > 0).then(|| (from + start, &rest[start..start + length]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).iter().map(|found| found.show(path)).collect()
    }

    #[test]
    fn refuses_an_arrow_that_points_up() {
        let path = "src/engine/worker.rs";
        assert_eq!(found(path, "use crate::plan::Plan;\nuse crate::engine::Trace;"), [""; 0]);
        assert_eq!(
            found(path, "use crate::plan::Plan;\nuse crate::program::Rule;"),
            ["src/engine/worker.rs:2: engine may not import program"]
        );
        assert_eq!(
            found(path, "fn f() { crate::feed::read() }"),
            ["src/engine/worker.rs:1: engine may not import feed"]
        );
    }

    #[test]
    fn sees_groups_and_ignores_comments() {
        let group = "use crate::{\n    model::{Value, Row},\n    syntax,\n};";
        assert_eq!(
            found("src/reconcile/slot.rs", group),
            ["src/reconcile/slot.rs:3: reconcile may not import syntax"]
        );
        assert_eq!(found("src/model/value.rs", "//! See [`x`](crate::engine::x)."), [""; 0]);
        assert_eq!(found("src/cli/plan.rs", "use crate::engine::Engine;"), [""; 0]);
        assert_eq!(found("src/lib.rs", "pub use crate::engine::Engine;"), [""; 0]);
    }

    #[test]
    fn knows_every_room_by_name() {
        assert_eq!(
            found("src/attic/box.rs", ""),
            ["src/attic/box.rs:1: room attic is not in the table of rooms"]
        );
        assert_eq!(
            found("src/compile.rs", "use crate::engine::Engine;"),
            ["src/compile.rs:1: compile may not import engine"]
        );
    }

    #[test]
    fn wants_paths_that_show_their_room() {
        assert_eq!(found("src/plan/order.rs", "use super::super::program::Rule;").len(), 1);
    }
}
