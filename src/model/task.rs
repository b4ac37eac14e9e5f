//! What a check or an action does: it runs a command, executes SQL, or sends a request.

use std::fmt;

/// One of the three.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    Command(Command),
    Sql(SqlTask),
    Http(HttpTask),
}

impl Task {
    /// Whether it names parameters of an instance, so that each instance needs its own.
    pub fn names_instance(&self) -> bool {
        match self {
            Task::Command(command) => command.names_instance(),
            Task::Sql(task) => task.statements.iter().any(Template::has_values),
            Task::Http(task) => {
                task.url.has_values() || task.body.as_ref().is_some_and(Template::has_values)
            }
        }
    }
}

/// A command line with placeholders, as section 7 of the language defines it.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// As written.
    pub text: String,
    /// Whether the rule asked for a shell (`sh "…"`).
    pub shell: bool,
}

impl Command {
    /// Whether it names parameters of an instance, so that each instance needs its own.
    pub fn names_instance(&self) -> bool {
        match self.shell {
            true => self.text.contains("$owed_") || self.text.contains("${owed_"),
            false => self.text.replace("{{", "").contains('{'),
        }
    }
}

/// Statements that are executed as one transaction, with their values bound.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlTask {
    /// As written, `$NAME` not yet filled in.
    pub url: String,
    /// At least one.
    pub statements: Vec<Template>,
}

/// A request, and what goes with it.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpTask {
    pub method: Method,
    /// Values in it are percent-encoded.
    pub url: Template,
    /// As written, like all that may hold a secret.
    pub bearer: Option<String>,
    /// `Name: value`.
    pub headers: Vec<String>,
    /// JSON; `None` where the parameters are sent as they are.
    pub body: Option<Template>,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 5] =
        [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

    /// As it stands in a request.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether the parameters go with it as a body.
    pub fn has_body(self) -> bool {
        match self {
            Method::Post | Method::Put | Method::Patch => true,
            Method::Get | Method::Delete => false,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text with places for values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Template {
    pub pieces: Vec<Piece>,
}

impl Template {
    /// Whether any value stands in it.
    pub fn has_values(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Value { .. }))
    }
}

/// A part of such a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// As the rule wrote it.
    Literal(String),
    /// The value of a parameter, by its place in the goal; of a date or a time in this format of
    /// strftime, if there is one.
    Value { parameter: usize, format: Option<String> },
}

/// Whether a text of JSON, read piece by piece, is inside of a text at its end.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonQuotes {
    is_open: bool,
    is_escaped: bool,
}

impl JsonQuotes {
    /// Reads the next piece.
    pub fn read(&mut self, piece: &str) {
        for c in piece.chars() {
            match c {
                _ if self.is_escaped => self.is_escaped = false,
                '\\' if self.is_open => self.is_escaped = true,
                '"' => self.is_open = !self.is_open,
                _ => {}
            }
        }
    }

    /// Whether what comes next stands in a text.
    pub fn is_open(&self) -> bool {
        self.is_open
    }
}
