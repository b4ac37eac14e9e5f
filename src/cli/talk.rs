//! What we say on standard error, in colour where it is a terminal that wants it.

use std::io::Write;

use anstream::stream::RawStream;
use clap::builder::styling::{AnsiColor, Style};

use crate::diagnostic::Look;
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

/// Something that a server refuses.
pub(super) fn refused(message: &str) {
    say(RED, "refused", message);
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

/// What text looks like on standard error.
pub(super) fn look() -> Look {
    look_of(&std::io::stderr())
}

/// What text looks like on standard output.
pub(super) fn output_look() -> Look {
    look_of(&std::io::stdout())
}

fn look_of(stream: &impl RawStream) -> Look {
    let is_coloured = anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never;
    let size = terminal_size::terminal_size().filter(|_| stream.is_terminal());
    let columns = size.map(|(width, _)| usize::from(width.0));
    let columns = columns.filter(|columns| *columns >= COLUMNS_MIN);
    Look { is_coloured, columns: columns.unwrap_or(Look::PLAIN.columns) }
}

/// Less than that shows nothing of a line.
const COLUMNS_MIN: usize = 40;

fn say(style: Style, word: &str, message: &str) {
    plain(&format!("{}: {message}\n", styled(style, word)));
}
