//! One mistake of the user's, with everything needed to mend it.

use super::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A mistake and its places. The wording is lower case without a full stop, in the user's own
/// names; a hint is a sentence that says what to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub message: String,
    /// Where it is; the label may be empty.
    pub primary: Label,
    /// What it has to do with: the other declaration, the origin of a type, a step of a cycle.
    pub secondary: Vec<Label>,
    pub hints: Vec<String>,
}

/// A place with a few words under its caret.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::new(Severity::Error, message.into(), span)
    }

    /// A warning at a place.
    pub fn warning(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::new(Severity::Warning, message.into(), span)
    }

    fn new(severity: Severity, message: String, span: Span) -> Diagnostic {
        let primary = Label { span, text: String::new() };
        Diagnostic { severity, message, primary, secondary: Vec::new(), hints: Vec::new() }
    }

    /// Words under the caret.
    pub fn labelled(mut self, text: impl Into<String>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// Another place and what it has to do with this.
    pub fn with(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// A sentence that says what to do.
    pub fn hint(mut self, text: impl Into<String>) -> Diagnostic {
        self.hints.push(text.into());
        self
    }

    /// Whether it keeps the program from being used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
