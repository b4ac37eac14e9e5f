//! Diagnostics as people and editors read them.

use super::{Diagnostic, Sources};

/// With source lines and carets, 80 columns or the terminal's width.
pub fn render_text(_diagnostics: &[Diagnostic], _sources: &Sources, _colour: bool) -> String {
    unimplemented!()
}

/// One JSON object a line.
pub fn render_json(_diagnostics: &[Diagnostic], _sources: &Sources) -> String {
    unimplemented!()
}
