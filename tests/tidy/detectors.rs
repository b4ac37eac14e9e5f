//! What may stand where, and how long it may be.

use super::source::{Finding, Source};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// Names that only some rooms may use: what makes a room the only one of its kind.
const FOREIGN: [(&str, &[&str]); 7] = [
    ("tokio", &["runtime", "server", "cli"]),
    ("rusqlite", &["store", "runtime"]),
    ("SystemTime", &["runtime", "server", "cli"]),
    ("Instant", &["runtime", "cluster", "server", "cli"]),
    ("libmimalloc_sys", &["memory"]),
    ("println", &["cli"]),
    ("eprintln", &["cli"]),
];

/// Words that stay out of every source, with what to write instead.
fn unwanted() -> [(String, &'static str); 5] {
    // Put together here, so that this file does not find itself.
    let word = |parts: [&str; 2]| parts.concat();
    [
        (word(["TO", "DO"]), "do it, or file it"),
        (word(["FIX", "ME"]), "do it, or file it"),
        (word(["XX", "X"]), "do it, or file it"),
        (word(["dbg", "!("]), "take it out"),
        (word([".unwrap", "()"]), "say why it cannot fail: expect(\"…\")"),
    ]
}

pub fn foreign(source: &Source) -> Vec<Finding> {
    let room = source.path.split('/').nth(1).unwrap_or_default();
    let room = room.strip_suffix(".rs").unwrap_or(room);
    let mut found = Vec::new();
    for (at, word) in source.words() {
        let entry = FOREIGN.iter().find(|(name, _)| *name == word);
        if let Some((name, rooms)) = entry.filter(|(_, rooms)| !rooms.contains(&room)) {
            found.push(source.finding(at, format!("{name} belongs to {}", rooms.join(", "))));
        }
    }
    found
}

pub fn file_length(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    if lines <= FILE_LINES_MAX {
        return Vec::new();
    }
    let rule = format!("{lines} lines in one file, at most {FILE_LINES_MAX}");
    vec![Finding { line: FILE_LINES_MAX + 1, rule }]
}

/// From the line of `fn` to the line of the closing brace.
pub fn function_length(source: &Source) -> Vec<Finding> {
    let words = source.words();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        let [(at, "fn"), (name_at, name)] = pair else { continue };
        // `fn(A) -> B` is a type: between `fn` and a function's name stands white space only.
        if !source.code[at + 2..*name_at].trim().is_empty() {
            continue;
        }
        let Some(end) = body_end(&source.code, *name_at) else { continue };
        let lines = source.line(end) - source.line(*at) + 1;
        if lines > FUNCTION_LINES_MAX {
            let rule = format!("fn {name} has {lines} lines, at most {FUNCTION_LINES_MAX}");
            found.push(source.finding(*at, rule));
        }
    }
    found
}

/// The place of the brace that closes a function's body; `None` where it has no body.
fn body_end(code: &str, from: usize) -> Option<usize> {
    let (mut brackets, mut braces) = (0, 0);
    for (offset, byte) in code[from..].bytes().enumerate() {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if brackets == 0 && braces == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces == 0 && brackets == 0 {
                    return Some(from + offset);
                }
            }
            _ => {}
        }
    }
    None
}

pub fn line_width(source: &Source) -> Vec<Finding> {
    let wide = |line: &&str| line.chars().count() > LINE_COLUMNS_MAX;
    let lines = source.text.lines().enumerate().filter(|(_, line)| wide(line));
    lines
        .map(|(index, line)| Finding {
            line: index + 1,
            rule: format!("{} columns, at most {LINE_COLUMNS_MAX}", line.chars().count()),
        })
        .collect()
}

/// A `mod.rs` is one `//!` paragraph, then `mod` and `use` lines.
pub fn roots(source: &Source) -> Vec<Finding> {
    if !source.path.ends_with("/mod.rs") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let docs = source.text.lines().take_while(|line| line.starts_with("//!")).count();
    if docs == 0 {
        found.push(source.finding(0, "begin with a //! paragraph"));
    }
    if let Some(index) = source.text.lines().position(|line| line.trim_end() == "//!") {
        found.push(Finding { line: index + 1, rule: String::from("one //! paragraph is enough") });
    }
    let mut start = 0;
    for statement in source.code.split_inclusive(';') {
        let words = statement.trim_start();
        let at = start + statement.len() - words.len();
        start += statement.len();
        if !words.is_empty() && !is_route(words) {
            found.push(source.finding(at, "only mod and use lines stand here"));
        }
    }
    found
}

/// `mod x;`, `pub use x::y;` and the like, attributes before them not counted.
fn is_route(statement: &str) -> bool {
    let mut rest = statement;
    while let Some(attribute) = rest.strip_prefix("#[") {
        let Some((_, behind)) = attribute.split_once(']') else { return false };
        rest = behind.trim_start();
    }
    let rest = rest.strip_prefix("pub").unwrap_or(rest).trim_start();
    let rest = match rest.strip_prefix('(') {
        Some(scope) => scope.split_once(')').map_or("", |(_, behind)| behind).trim_start(),
        None => rest,
    };
    let route = rest.starts_with("mod ") || rest.starts_with("use ");
    route && rest.ends_with(';')
}

pub fn words(source: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        for (word, instead) in unwanted() {
            if line.contains(&word) {
                found.push(Finding { line: index + 1, rule: format!("{word}: {instead}") });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(found: Vec<Finding>) -> Vec<usize> {
        found.into_iter().map(|found| found.line).collect()
    }

    #[test]
    fn foreign_names_are_found_in_code_only() {
        let text = "// rusqlite\nuse rusqlite::x;\nlet s = \"rusqlite\"; rusqlite_too();";
        assert_eq!(lines(foreign(&Source::new("src/plan/order.rs", text))), [2]);
        assert_eq!(lines(foreign(&Source::new("src/store/build.rs", text))), [0; 0]);
        assert_eq!(lines(foreign(&Source::new("src/feed.rs", "println!()"))), [1]);
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(lines(file_length(&Source::new("a.rs", "x\n".repeat(400)))), [0; 0]);
        assert_eq!(lines(file_length(&Source::new("a.rs", "x\n".repeat(401)))), [401]);
    }

    #[test]
    fn long_functions_are_found() {
        let function = |body: usize| {
            let body = "    let s = \"}\"; // }\n".repeat(body);
            format!(
                "type F = fn(u8) -> [u8; 2];\ntrait T {{ fn g(&self); }}\nfn f() {{\n{body}}}\n"
            )
        };
        assert_eq!(lines(function_length(&Source::new("a.rs", function(68)))), [0; 0]);
        assert_eq!(lines(function_length(&Source::new("a.rs", function(69)))), [3]);
    }

    #[test]
    fn wide_lines_are_found() {
        let text = format!("{}\n{}", "ä".repeat(100), "a".repeat(101));
        assert_eq!(lines(line_width(&Source::new("a.rs", text))), [2]);
    }

    #[test]
    fn roots_that_do_more_are_found() {
        let check = |text: &str| lines(roots(&Source::new("src/plan/mod.rs", text)));
        let good = "//! The planner.\n\nmod a;\n#[cfg(test)]\nmod b;\npub mod c;\n\n\
                    pub use a::{\n    A,\n    B,\n};\npub(crate) use c::C;\n";
        assert_eq!(check(good), [0; 0]);
        assert_eq!(check("mod a;\n"), [1]);
        assert_eq!(check("//! One.\n//!\n//! Two.\nmod a;\n"), [2]);
        assert_eq!(check("//! One.\nmod a;\nfn f() {}\n"), [3]);
        assert_eq!(check("//! One.\nmod a;\nconst N: u8 = 1;\nmod b;\n"), [3]);
    }

    #[test]
    fn unwanted_words_are_found() {
        let text = format!("fine\n// {}DO: later\nx.{}();\n", "TO", "unwrap");
        assert_eq!(lines(words(&Source::new("src/a.rs", text))), [2, 3]);
    }
}
