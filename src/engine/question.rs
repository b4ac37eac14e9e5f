//! Which rows of a relation somebody asks for.

use serde::{Deserialize, Serialize};

use super::words::Words;

/// Rows that have these words where there are some, and not more of them than so many.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    /// By column; columns past its end may hold anything.
    pub pattern: Vec<Option<u64>>,
    pub most: usize,
}

impl Question {
    /// All rows.
    pub fn all() -> Question {
        Question { pattern: Vec::new(), most: usize::MAX }
    }

    /// The words with which the rows begin.
    pub fn prefix(&self) -> Words {
        let prefix: Vec<u64> = self.pattern.iter().map_while(|word| *word).collect();
        Words::from_slice(&prefix)
    }

    /// Whether a row is asked for.
    pub fn fits(&self, row: &Words) -> bool {
        let mut columns = row.words().iter().zip(&self.pattern);
        columns.all(|(word, wanted)| wanted.is_none_or(|wanted| wanted == *word))
    }
}
