//! Lines of at most 80 columns, under the branches of a tree.

/// How wide a line is.
const COLUMNS_MAX: usize = 80;

/// How much further in a line goes on.
const HANGING: &str = "    ";

/// Text on its way, line by line.
#[derive(Default)]
pub(super) struct Page {
    pub(super) text: String,
}

impl Page {
    /// A line, or as many as it takes.
    pub(super) fn line(&mut self, prefix: &str, text: &str) {
        self.branch(prefix, prefix, text);
    }

    /// A line that begins otherwise than it goes on.
    pub(super) fn branch(&mut self, first: &str, rest: &str, text: &str) {
        let rest = format!("{rest}{HANGING}");
        let (mut line, mut is_begun) = (first.to_string(), false);
        for part in parts(text, COLUMNS_MAX.saturating_sub(rest.chars().count())) {
            let length = line.chars().count() + usize::from(is_begun) + part.chars().count();
            if is_begun && length > COLUMNS_MAX {
                self.end(&line);
                line.clone_from(&rest);
                is_begun = false;
            }
            if is_begun {
                line.push(' ');
            }
            line.push_str(&part);
            is_begun = true;
        }
        self.end(&line);
    }

    fn end(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }
}

/// The text in parts between which a line may end: facts, comparisons and quoted texts stay
/// whole, unless one is longer than a line.
fn parts(text: &str, columns: usize) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let (mut depth, mut is_quoted, mut is_glued) = (0_usize, false, false);
    for word in text.split([' ', '\n']) {
        let is_letter = |letter: char| letter.is_alphanumeric() || letter == '"';
        let is_sign = word == "in" || !(word.is_empty() || word.contains(is_letter));
        let is_inside = depth > 0 || is_quoted || is_glued || is_sign;
        match parts.last_mut() {
            Some(last) if is_inside && last.chars().count() + word.chars().count() < columns => {
                last.push(' ');
                last.push_str(word);
            }
            _ => parts.push(word.to_string()),
        }
        for letter in word.chars() {
            match letter {
                '"' => is_quoted = !is_quoted,
                '(' if !is_quoted => depth += 1,
                ')' if !is_quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        is_glued = is_sign || word == "not";
    }
    parts
}

/// `1 missing instance`, `1,000 missing instances`.
pub(super) fn number_of(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", number_in_words(number))
}

/// Digits in threes.
pub(super) fn number_in_words(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
