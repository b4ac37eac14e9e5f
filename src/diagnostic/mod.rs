//! What is wrong with a user's text, where, and what to do about it; shown with its source
//! line and a caret, or as JSON for editors.

mod message;
mod render;
mod sources;

pub use message::{Diagnostic, Label, Severity};
pub use render::{Look, render_json, render_text};
pub use sources::{FileId, Sources, Span};
