//! Does what a page says, and writes down what comes of it: a page that is right stays as it
//! is. What a block is stands behind its fence:
//!
//! - `rules`: has no errors. The blocks of rules under one heading are one program.
//! - `rules error`: a program of its own that is refused. The `text` block that follows is what
//!   is said of it.
//! - `rules of FILE`: stands in that file of the project, word for word.
//! - `rules FILE`, `csv FILE`, `jsonl FILE`: a file beside the program of its heading.
//! - `scenario`: is played from the beginning, against the program of its heading so far.
//! - `console`: commands behind `$`, run in the project's folder, and what they say.
//! - `text`, `sh`, `json`: is only read by people.
//!
//! The table whose first columns are `expression` and `value` is computed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use owed::cli::scenario;
use owed::compile::compile;
use owed::diagnostic::{Diagnostic, Look, render_text};

use super::document::{Block, Part, parse, print};

/// What came of a page.
pub struct Replayed {
    /// The page as it should be.
    pub page: String,
    /// What cannot be put right by writing it down.
    pub complaints: Vec<String>,
}

/// Plays a page from its first line to its last.
pub fn replay(page: &str) -> Replayed {
    let mut parts = parse(page);
    let mut player = Player::default();
    for part in &mut parts {
        match part {
            Part::Line(text) => {
                if text.starts_with('#') {
                    player.program.clear();
                    player.files.clear();
                }
            }
            Part::Table { line, rows } => player.table(*line, rows),
            Part::Block(block) => player.block(block),
        }
    }
    Replayed { page: print(&parts), complaints: player.complaints }
}

#[derive(Default)]
struct Player {
    /// All rules under the heading so far.
    program: String,
    /// What stands beside them: name and content.
    files: Vec<(String, String)>,
    /// What was said of the program that was refused just before.
    said: Option<String>,
    complaints: Vec<String>,
}

const NAME: &str = "example.rules";

impl Player {
    fn complain(&mut self, line: usize, what: &str) {
        self.complaints.push(format!("line {line}: {what}"));
    }

    fn block(&mut self, block: &mut Block) {
        let said = self.said.take();
        match (block.info.as_str(), said) {
            ("text", Some(said)) => block.body = said,
            (_, Some(_)) => self.complain(block.line, "expected a `text` of what is said"),
            ("rules", None) => {
                self.program += &block.body;
                let (errors, said) = self.check(&self.program);
                if errors > 0 {
                    self.complain(block.line, &said);
                }
            }
            ("rules error", None) => match self.check(&block.body) {
                (0, _) => self.complain(block.line, "this program has no errors"),
                (_, said) => self.said = Some(said),
            },
            ("scenario", None) => match self.play(&block.body) {
                Ok(played) => block.body = played,
                Err(said) => self.complain(block.line, &said),
            },
            ("console", None) => block.body = self.run_all(block.line, &block.body),
            ("text" | "sh" | "json", None) => {}
            (info, None) => match info.split_once(' ') {
                Some(("rules", of)) if of.starts_with("of ") => self.quote(block, &of[3..]),
                Some(("rules" | "csv" | "jsonl", name)) if name.contains('.') => {
                    self.files.push((name.to_owned(), block.body.clone()));
                }
                _ => self.complain(block.line, &format!("no such kind of block: {info:?}")),
            },
        }
    }

    fn quote(&mut self, block: &Block, file: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        if !fs::read_to_string(path).is_ok_and(|text| text.contains(&block.body)) {
            self.complain(block.line, &format!("this does not stand in {file}"));
        }
    }

    /// How many errors a program has, and everything that is said of it.
    fn check(&self, program: &str) -> (usize, String) {
        let compiled = compile(Path::new(NAME), &mut |path| {
            let files = self.files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            let mut files = files.chain([(NAME, program)]);
            let found = files.find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| text.into()).ok_or(std::io::ErrorKind::NotFound.into())
        });
        let errors = compiled.diagnostics.iter().filter(|one| Diagnostic::is_error(one)).count();
        (errors, render_text(&compiled.diagnostics, &compiled.sources, Look::PLAIN))
    }

    /// A scenario with what came of it.
    fn play(&self, text: &str) -> Result<String, String> {
        self.play_program(&self.program, text)
    }

    fn play_program(&self, program: &str, text: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("there is room");
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("there is room");
        };
        self.files.iter().for_each(|(name, text)| write(name, text));
        write(NAME, program);
        let played = scenario::run(&folder.path().join(NAME), text, 1)?;
        Ok(played.rewritten)
    }

    /// Every command of a console with what it says.
    fn run_all(&mut self, line: usize, console: &str) -> String {
        let mut all = Vec::new();
        for command in console.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let said = run(command);
            if said.is_empty() {
                self.complain(line, &format!("nothing comes of {command}"));
            }
            all.push(format!("$ {command}\n{said}"));
        }
        all.join("\n")
    }

    fn table(&mut self, line: usize, rows: &mut [String]) {
        let cells = |row: &String| row.split('|').map(|cell| cell.trim().to_owned()).collect();
        let mut table: Vec<Vec<String>> = rows.iter().map(cells).collect();
        if table[0][1..3] != ["expression", "value"] {
            return;
        }
        let expressions: Vec<&str> =
            table[2..].iter().map(|row| row[1].trim_matches('`')).collect();
        let values = match self.compute(&expressions) {
            Ok(values) => values,
            Err(said) => return self.complain(line, &said),
        };
        for ((row, cells), value) in rows[2..].iter_mut().zip(&mut table[2..]).zip(values) {
            cells[2] = value;
            *row = cells.join(" | ").trim().replace("|  |", "| |");
        }
    }

    /// The value of each expression, or why there is none.
    fn compute(&self, expressions: &[&str]) -> Result<Vec<String>, String> {
        let mut program = self.program.clone();
        let mut scenario = String::from("at 1970-01-01T00:00Z\nlist rule_error\n");
        let first = program.lines().count() + 1;
        for (at, expression) in expressions.iter().enumerate() {
            program += &format!("example_{at}({expression}).\n");
            scenario += &format!("list example_{at}\n");
        }
        let played = self.play_program(&program, &scenario)?;
        let lines: Vec<&str> = played.lines().skip_while(|line| *line != "---").collect();
        let value = |at: usize| {
            let has_value = format!("example_{at}(");
            let has_none = format!(", {}, ", first + at);
            let of_value = |line: &&str| {
                let value = line.strip_prefix(&has_value)?.strip_suffix(')')?;
                Some(format!("`{value}`"))
            };
            let of_none = |line: &&str| {
                let (_, message) = line.split_once(&has_none)?;
                Some(format!("none: {}", message.strip_suffix(", 1)")?.trim_matches('"')))
            };
            lines.iter().find_map(of_value).or_else(|| lines.iter().find_map(of_none))
        };
        (0..expressions.len())
            .map(|at| value(at).ok_or_else(|| format!("{}: nothing came of it", expressions[at])))
            .collect()
    }
}

fn run(command: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_owed")).parent().expect("it is in a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_owned()].into_iter().chain(std::env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("PATH", std::env::join_paths(folders).expect("no colon in our path"))
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    String::from_utf8(output.stdout).expect("a console shows text")
}
