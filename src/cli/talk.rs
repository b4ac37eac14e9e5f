//! What we say on standard error, in colour where it is a terminal that wants it.

use std::io::Write;

use clap::builder::styling::{AnsiColor, Style};

use crate::feed::Mistake;

/// For what is wrong.
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();
/// For what needs a look.
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// For what is as it should be.
pub(super) const GREEN: Style = AnsiColor::Green.on_default();
/// For headings.
pub(super) const BOLD: Style = Style::new().bold();
/// For what may be passed over.
pub(super) const DIM: Style = Style::new().dimmed();

/// Text in a style; whoever prints it takes the style away where nobody wants it.
pub(super) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// An error.
pub(super) fn error(message: &str) {
    say(RED, "error", message);
}

/// A line of a feed that is refused.
pub(super) fn refusal(place: &str, mistake: &Mistake) {
    say(RED, "refused", &format!("{place}: {mistake}"));
}

/// A warning.
pub(super) fn warning(message: &str) {
    say(YELLOW.bold(), "warning", message);
}

/// A text as it is, already in colours.
pub(super) fn plain(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Whether standard error shows colours.
pub(super) fn is_coloured() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Whether standard output shows colours.
pub(super) fn is_output_coloured() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

fn say(style: Style, word: &str, message: &str) {
    plain(&format!("{}: {message}\n", styled(style, word)));
}
