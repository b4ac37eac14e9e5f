//! Small damages to a text, as slips of the hand make them.

use fastrand::Rng;

const PIECES: [&str; 48] = [
    ".",
    ",",
    ":-",
    "(",
    ")",
    "{",
    "}",
    "\"",
    "'",
    ":",
    "=",
    "==",
    "!",
    "&&",
    "||",
    ";",
    "..",
    "..=",
    "+",
    "-",
    "%",
    "/",
    "//",
    "///",
    "/*",
    "*/",
    "#",
    "\\",
    "\u{feff}",
    "é",
    "—",
    "now",
    "not",
    "in",
    "_",
    "goal",
    "input",
    "ok",
    "needs",
    "every",
    "check",
    "1d",
    "1.5h",
    "2026-02-30",
    "2026-03-25T08:00",
    "9223372036854775808",
    "-9223372036854775808",
    "\n",
];

/// The text with one to eight damages.
pub fn mutate(random: &mut Rng, text: &str) -> String {
    let mut mutated = text.to_owned();
    for _ in 0..random.usize(1..=8) {
        let (start, end) = stretch(random, &mutated);
        let piece = match random.u8(..4) {
            0 => String::new(),
            1 => format!(" {} ", random.choice(PIECES).expect("some pieces")),
            2 => random.choice(PIECES).expect("some pieces").to_owned(),
            _ => {
                let (start, end) = stretch(random, &mutated);
                mutated[start..end].to_owned()
            }
        };
        mutated.replace_range(start..end, &piece);
    }
    mutated
}

/// A short part of the text, often an empty one.
fn stretch(random: &mut Rng, text: &str) -> (usize, usize) {
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = random.usize(..=text.len());
    let length = if random.bool() { 0 } else { random.usize(..40) };
    (boundary(start), boundary((start + length).min(text.len())))
}
