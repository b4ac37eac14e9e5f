//! The text of a scenario: blocks with blank lines between them. A block has comments that say
//! what it shows, lines of a feed and directives, and after `---` what is to come of them.

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// The number of its first line in the file, counted from 1.
    pub(super) line: usize,
    /// What stands before `---`, comments included.
    pub(super) input: Vec<String>,
    /// What stands after it; `None` where there is no such line.
    pub(super) expected: Option<Vec<String>>,
}

/// What separates the input of a block from what comes of it.
const RULER: &str = "---";

/// Reads all blocks.
pub(super) fn parse(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_between = true;
    for (at, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            is_between = true;
            continue;
        }
        if is_between {
            blocks.push(Block { line: at + 1, input: Vec::new(), expected: None });
            is_between = false;
        }
        let block = blocks.last_mut().expect("one was just begun");
        match &mut block.expected {
            Some(expected) => expected.push(line.trim_end().to_string()),
            None if line.trim() == RULER => block.expected = Some(Vec::new()),
            None => block.input.push(line.trim_end().to_string()),
        }
    }
    blocks
}

/// Writes all blocks, as `parse` reads them.
pub(super) fn print(blocks: &[Block]) -> String {
    let print = |block: &Block| {
        let ruler = block.expected.iter().map(|_| RULER);
        let input = block.input.iter().map(String::as_str);
        let expected = block.expected.iter().flatten().map(String::as_str);
        let lines: Vec<&str> = input.chain(ruler).chain(expected).collect();
        lines.join("\n") + "\n"
    };
    blocks.iter().map(print).collect::<Vec<_>>().join("\n")
}

impl Block {
    /// Makes what came be what is expected, and gives what was. Comments among the lines are no
    /// part of it: they stay where they are if nothing differs, and else stand above the rest.
    pub(super) fn expect(&mut self, got: &[String]) -> Vec<String> {
        let before = self.expected.take().unwrap_or_default();
        let (comments, expected): (Vec<String>, Vec<String>) =
            before.iter().cloned().partition(|line| line.trim_start().starts_with("//"));
        self.expected = Some(match expected == got {
            true => before,
            false => comments.into_iter().chain(got.iter().cloned()).collect(),
        });
        expected
    }

    /// What the block shows: the first sentence of its comment, or else its first line.
    pub(super) fn title(&self) -> String {
        let comment = |line: &String| {
            let is_comment = line.starts_with("//");
            is_comment.then(|| line.trim_start_matches('/').trim().to_string())
        };
        let comments: Vec<String> = self.input.iter().map_while(comment).collect();
        let title = match comments.is_empty() {
            true => self.input.first().cloned().unwrap_or_default(),
            false => first_sentence(&comments.join(" ")).to_string(),
        };
        match title.char_indices().nth(TITLE_CHARS_MAX) {
            Some((end, _)) => format!("{}…", title[..end].trim_end()),
            None => title,
        }
    }

    /// Whether it only says something.
    pub(super) fn is_prose(&self) -> bool {
        self.expected.is_none() && self.input.iter().all(|line| line.starts_with("//"))
    }
}

/// A title is cut after so many characters.
const TITLE_CHARS_MAX: usize = 100;

/// Up to the first full stop that ends a word.
fn first_sentence(text: &str) -> &str {
    match text.find(". ") {
        Some(end) => &text[..=end],
        None => text,
    }
}
