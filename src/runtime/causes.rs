//! Errors with their causes, in one line of words.

use std::error::Error;

/// What was said already, and what each of an error's causes says beside that.
pub(super) fn with_causes(mut words: Vec<String>, error: &dyn Error) -> String {
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !words.iter().any(|before| before.contains(&said)) {
            words.push(said);
        }
        cause = error.source();
    }
    words.join(": ")
}
