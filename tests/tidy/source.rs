//! A source text, and the same text with comments and literals blanked out, byte for byte, so
//! that places agree and no detector trips over a brace in a text.

/// One file.
pub struct Source {
    /// Below the project's folder.
    pub path: String,
    pub text: String,
    /// As long as `text`: comments, texts and characters are spaces.
    pub code: String,
}

/// One place that breaks a rule.
#[derive(Debug, PartialEq)]
pub struct Finding {
    pub line: usize,
    pub rule: String,
}

impl Source {
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Source {
        let text = text.into();
        let code = blank(&text);
        Source { path: path.into(), text, code }
    }

    /// The line of a place, counted from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// A finding at a place.
    pub fn finding(&self, at: usize, rule: impl Into<String>) -> Finding {
        Finding { line: self.line(at), rule: rule.into() }
    }

    /// Every word of the code with its place: names, keywords and numbers.
    pub fn words(&self) -> Vec<(usize, &str)> {
        let code = self.code.as_bytes();
        let mut words = Vec::new();
        let mut at = 0;
        while at < code.len() {
            let end = at + code[at..].iter().take_while(|byte| is_word(**byte)).count();
            if end > at {
                words.push((at, &self.code[at..end]));
            }
            at = end.max(at + 1);
        }
        words
    }
}

impl Finding {
    pub fn show(&self, path: &str) -> String {
        format!("{path}:{}: {}", self.line, self.rule)
    }
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Spaces for everything that is no code; line breaks stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = (at + dead_length(bytes, at)).min(bytes.len());
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        let live = bytes[end.min(bytes.len())..].first().is_some_and(|byte| is_word(*byte));
        at = match (end > at, live) {
            (true, _) => end,
            // A whole word at once, so that the `r` of `for"` is not taken for a raw text.
            (false, true) => at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count(),
            (false, false) => at + 1,
        };
    }
    String::from_utf8(code).expect("only whole comments and literals are blanked")
}

/// How many bytes from here on are a comment or a literal; 0 where code stands.
fn dead_length(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => rest.iter().take_while(|byte| **byte != b'\n').count(),
        [b'/', b'*', ..] => block_comment_length(rest),
        [b'"', ..] => text_length(rest),
        [b'b' | b'c', b'"', ..] => 1 + text_length(&rest[1..]),
        [b'r', b'"' | b'#', ..] => raw_length(rest, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] => raw_length(rest, 2),
        [b'\'', b'\\', _, tail @ ..] => {
            3 + tail.iter().position(|byte| *byte == b'\'').map_or(0, |end| end + 1)
        }
        [b'\'', tail @ ..] => character_length(tail),
        _ => 0,
    }
}

/// Block comments nest.
fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn text_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// `r#"…"#` with its prefix; a raw name such as `r#type` is code.
fn raw_length(rest: &[u8], prefix: usize) -> usize {
    let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(prefix + hashes) != Some(&b'"') {
        return 0;
    }
    let open = prefix + hashes + 1;
    let close = [b"\"".as_slice(), "#".repeat(hashes).as_bytes()].concat();
    let inside = rest[open..].windows(close.len()).position(|window| window == close);
    inside.map_or(rest.len(), |inside| open + inside + close.len())
}

/// A character, or nothing where it is a lifetime. `tail` begins behind the quote.
fn character_length(tail: &[u8]) -> usize {
    let width = match tail.first() {
        Some(byte) if byte.is_ascii() => 1,
        Some(byte) => byte.leading_ones() as usize,
        None => return 0,
    };
    if tail.get(width) == Some(&b'\'') { width + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_what_is_no_code() {
        let blanked = |text: &str| Source::new("a.rs", text).code;
        assert_eq!(blanked("a // b\nc"), "a     \nc");
        assert_eq!(blanked("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(blanked(r#"f("{\"", g)"#), "f(     , g)");
        assert_eq!(blanked(r###"f(r#"{"}"#, g)"###), "f(        , g)");
        assert_eq!(blanked("for<'a> '{' '\\'' b'}' 'ä'"), "for<'a>          b        ");
        assert_eq!(blanked("r#type"), "r#type");
    }

    #[test]
    fn finds_words_and_lines() {
        let source = Source::new("a.rs", "let a_1 = \"b\";\nreturn");
        let words: Vec<&str> = source.words().into_iter().map(|(_, word)| word).collect();
        assert_eq!(words, ["let", "a_1", "return"]);
        assert_eq!(source.line(source.words()[2].0), 2);
    }
}
