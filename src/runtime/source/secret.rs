//! `$NAME` in paths and URLs: read from the environment, and never shown.

use std::env;
use std::fmt;

use super::error::SourceError;

/// A text with the values of environment variables in it. Shown, it is as it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled {
    written: String,
    value: String,
    /// What stands for what, the longest value first.
    secrets: Vec<(String, String)>,
}

impl Filled {
    /// The text itself, for whoever opens it.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// A message of somebody who has seen the text, with `$NAME` again for each value.
    pub fn hide(&self, message: &str) -> String {
        let hide = |message: String, (value, name): &(String, String)| match value.len() {
            0 => message,
            // A value such as `a` is a part of too many words.
            1..WORD_BYTES_MIN => replace_words(&message, value, name),
            _ => message.replace(value.as_str(), name),
        };
        self.secrets.iter().fold(message.to_string(), hide)
    }

    /// The same, of which a part that was written in it is not to be shown either.
    pub fn also_hiding(mut self, secret: &str) -> Filled {
        let value = secret.to_string();
        if !secret.is_empty() {
            self.written = self.written.replace(secret, HIDDEN);
        }
        if !value.is_empty() && self.secrets.iter().all(|(known, _)| *known != value) {
            self.secrets.push((value, HIDDEN.to_string()));
            self.secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        }
        self
    }

    /// An error of somebody who has seen the text.
    pub fn error(&self, message: &str) -> SourceError {
        SourceError::new(self.hide(message))
    }
}

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filled").field(&self.written).finish()
    }
}

/// Puts the values of environment variables where the text says `$NAME`.
///
/// # Errors
/// Which variable is not set, or not UTF-8.
pub fn fill_in(written: &str) -> Result<Filled, SourceError> {
    fill_in_from(written, |name| env::var(name))
}

fn fill_in_from(
    written: &str,
    variable: impl Fn(&str) -> Result<String, env::VarError>,
) -> Result<Filled, SourceError> {
    let (mut value, mut secrets) = (String::new(), Vec::new());
    let mut rest = written;
    while let Some(at) = rest.find('$') {
        value.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let length = rest.find(|next| !is_of_name(next)).unwrap_or(rest.len());
        let name = &rest[..length];
        if name.is_empty() {
            return Err(SourceError::new("a `$` without a name after it"));
        }
        let found = variable(name).map_err(|error| match error {
            env::VarError::NotPresent => {
                SourceError::new(format!("the environment variable {name} is not set"))
            }
            env::VarError::NotUnicode(_) => {
                SourceError::new(format!("the environment variable {name} is not UTF-8"))
            }
        })?;
        value.push_str(&found);
        // Drivers take URLs apart, and may speak of what they found in them.
        secrets.push((percent_decoded(&found), format!("${name}")));
        secrets.push((found, format!("${name}")));
        rest = &rest[length..];
    }
    value.push_str(rest);
    secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    secrets.dedup();
    Ok(Filled { written: written.to_string(), value, secrets })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// With `%40` and its like as the characters that they stand for.
fn percent_decoded(text: &str) -> String {
    let hex = |bytes: &[u8]| {
        let digits = std::str::from_utf8(bytes).ok()?;
        u8::from_str_radix(digits, 16).ok()
    };
    let (bytes, mut decoded, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1..at + 3).and_then(hex)) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Replaces a value where it is a word of its own.
fn replace_words(text: &str, value: &str, name: &str) -> String {
    let (mut replaced, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(value) {
        let (before, after) = (&rest[..at], &rest[at + value.len()..]);
        let touches = before.chars().last().or(replaced.chars().last()).is_some_and(is_of_name)
            || after.chars().next().is_some_and(is_of_name);
        replaced.push_str(before);
        replaced.push_str(if touches { value } else { name });
        rest = after;
    }
    replaced + rest
}

/// What stands for a secret without a name.
const HIDDEN: &str = "***";
/// Values of fewer bytes are hidden only where they are whole words.
const WORD_BYTES_MIN: usize = 4;

#[cfg(test)]
mod tests {
    use super::{Filled, fill_in_from};
    use std::env::VarError;

    fn filled(written: &str) -> Filled {
        fill_in_from(written, |name| match name {
            "PASSWORD" => Ok("s%40cret/x".to_string()),
            "PIN" => Ok("7".to_string()),
            "EMPTY" => Ok(String::new()),
            _ => Err(VarError::NotPresent),
        })
        .expect("the variables are set")
    }

    #[test]
    fn a_filled_text_shows_itself_as_it_was_written() {
        let url = filled("postgres://me:$PASSWORD@host/db");
        assert_eq!(url.reveal(), "postgres://me:s%40cret/x@host/db");
        assert_eq!(url.to_string(), "postgres://me:$PASSWORD@host/db");
        assert!(!format!("{url:?}").contains("cret"));
    }

    #[test]
    fn messages_lose_the_values_as_given_and_as_decoded() {
        let url = filled("postgres://me:$PASSWORD@host/db?pin=$PIN$EMPTY");
        let message = "no host s%40cret/x, nor \"s@cret/x\"; pin 7 of 77";
        assert_eq!(url.hide(message), "no host $PASSWORD, nor \"$PASSWORD\"; pin $PIN of 77");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let error = fill_in_from("$NOWHERE/x", |_| Err(VarError::NotPresent)).expect_err("unset");
        assert_eq!(error.to_string(), "the environment variable NOWHERE is not set");
        assert!(fill_in_from("a$/b", |_| Err(VarError::NotPresent)).is_err());
    }
}
