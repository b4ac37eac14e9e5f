//! What somebody probably meant: the nearest known name.

use crate::diagnostic::Diagnostic;

/// Adds the hint `Did you mean "x"?` where a known name is near enough.
pub(super) fn did_you_mean<'a>(
    diagnostic: Diagnostic,
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    match nearest(written, known) {
        Some(name) => diagnostic.hint(format!("Did you mean \"{name}\"?")),
        None => diagnostic,
    }
}

/// The nearest of the names, if it differs by a slip and not by a word. Of several the first
/// in the alphabet.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    let near = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= allowed || is_part(written, name));
    near.min().map(|(_, name)| name)
}

/// `campaign` for `campaigns`, `results` for `results_rows`.
fn is_part(written: &str, name: &str) -> bool {
    let (short, long) = if written.len() < name.len() { (written, name) } else { (name, written) };
    short.len() >= 3 && long.starts_with(short)
}
