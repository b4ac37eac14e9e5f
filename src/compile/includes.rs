//! Follows `include`: relative to the file that says it, each file once, so that cycles end.
//! What comes of it is one file, that means the same where the first one lies.

use std::collections::HashSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::string::FromUtf8Error;

use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::syntax::{ast, parse};

/// Reads files and puts what they include in the place of the statement.
pub(super) struct Includes<'a> {
    read: &'a mut dyn FnMut(&Path) -> io::Result<Vec<u8>>,
    seen: HashSet<PathBuf>,
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'a> Includes<'a> {
    pub fn new(read: &'a mut dyn FnMut(&Path) -> io::Result<Vec<u8>>) -> Includes<'a> {
        let (sources, diagnostics) = (Sources::default(), Vec::new());
        Includes { read, seen: HashSet::new(), sources, diagnostics }
    }

    /// The first file's statements with all that it includes.
    pub fn open(&mut self, path: &Path) -> ast::File {
        self.seen.insert(plain(path));
        match (self.read)(path) {
            Ok(bytes) => self.file(path, bytes),
            Err(error) => {
                let file = self.sources.add(path.display().to_string(), "");
                let text = format!("cannot read {}: {error}", path.display());
                let nowhere = Span { file, start: 0, end: 0 };
                self.diagnostics.push(Diagnostic::error(text, nowhere));
                ast::File::default()
            }
        }
    }

    fn file(&mut self, path: &Path, bytes: Vec<u8>) -> ast::File {
        let name = path.display().to_string();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return self.not_utf_8(name, &error),
        };
        let id = self.sources.add(name, text);
        let (parsed, mistakes) = parse(self.sources.text(id), id);
        self.diagnostics.extend(mistakes);
        let mut merged = ast::File::default();
        for statement in parsed.statements {
            match &statement.kind {
                ast::StatementKind::Include(name) => {
                    let mut included = self.include(path, name).statements;
                    let folder = Path::new(&name.value).parent().unwrap_or(Path::new(""));
                    included.iter_mut().for_each(|statement| move_paths(statement, folder));
                    merged.statements.extend(included);
                }
                _ => merged.statements.push(statement),
            }
        }
        merged
    }

    fn not_utf_8(&mut self, name: String, error: &FromUtf8Error) -> ast::File {
        // As far as there, it is text as it stands; then comes the sign for what is none.
        let at = error.utf8_error().valid_up_to();
        let text = format!("byte 0x{:02x} at offset {at} is not UTF-8", error.as_bytes()[at]);
        let file = self.sources.add(name, String::from_utf8_lossy(error.as_bytes()));
        let sign = char::REPLACEMENT_CHARACTER.len_utf8();
        // Past four gigabytes there are no places.
        let (start, end) = match (u32::try_from(at), u32::try_from(at + sign)) {
            (Ok(start), Ok(end)) => (start, end),
            _ => (0, 0),
        };
        let span = Span { file, start, end };
        let hint = "A rules file is text in UTF-8; save it in that encoding.";
        self.diagnostics.push(Diagnostic::error(text, span).hint(hint));
        ast::File::default()
    }

    fn include(&mut self, from: &Path, name: &ast::Text) -> ast::File {
        let path = from.parent().unwrap_or(Path::new("")).join(&name.value);
        if !self.seen.insert(plain(&path)) {
            return ast::File::default();
        }
        match (self.read)(&path) {
            Ok(bytes) => self.file(&path, bytes),
            Err(error) => {
                // Who waits for it to be mended knows what to wait for.
                self.sources.add(path.display().to_string(), "");
                let text = format!("cannot read {}: {error}", path.display());
                let hint = "The path is relative to the file that includes it.";
                self.diagnostics.push(Diagnostic::error(text, name.span).hint(hint));
                ast::File::default()
            }
        }
    }
}

/// The paths of sources and databases as the including file would write them: that is relative to
/// each file.
fn move_paths(statement: &mut ast::Statement, folder: &Path) {
    match &mut statement.kind {
        ast::StatementKind::Declaration(declaration) => {
            let Some(source) = &mut declaration.source else { return };
            let Some(place) = source.arguments.first_mut() else { return };
            match source.kind.text.as_str() {
                "csv" | "jsonl" | "parquet" | "files" => move_path(&mut place.value, folder),
                "sql" => move_database(&mut place.value, folder),
                _ => {}
            }
        }
        ast::StatementKind::Goal(goal) => {
            for clause in &mut goal.clauses {
                if let ast::ClauseKind::Action(job) = &mut clause.kind
                    && let ast::Task::Sql { texts, .. } = &mut job.task
                    && let Some(url) = texts.first_mut()
                {
                    move_database(&mut url.value, folder);
                }
            }
        }
        ast::StatementKind::Include(_)
        | ast::StatementKind::Timezone(_)
        | ast::StatementKind::Pool(_)
        | ast::StatementKind::Rule(_) => {}
    }
}

fn move_path(path: &mut String, folder: &Path) {
    // What stands in the environment is not relative to a file, and what is elsewhere neither.
    if !path.starts_with('$')
        && !path.contains("://")
        && let Some(moved) = folder.join(&*path).to_str()
    {
        *path = moved.to_owned();
    }
}

/// Only SQLite has files.
fn move_database(url: &mut String, folder: &Path) {
    let Some(path) = url.strip_prefix("sqlite:") else { return };
    let mut path = path.strip_prefix("//").unwrap_or(path).to_owned();
    if !path.is_empty() {
        move_path(&mut path, folder);
        *url = format!("sqlite:{path}");
    }
}

/// The path without `.` and, where it can be told, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut made = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(made.components().next_back(), Some(Component::Normal(_))) =>
            {
                made.pop();
            }
            Component::Prefix(_)
            | Component::RootDir
            | Component::ParentDir
            | Component::Normal(_) => made.push(part),
        }
    }
    made
}
