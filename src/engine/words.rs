//! Rows inside the dataflow: short vectors of machine words, the first two inline.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// One row, or part of one. Words order as the values that they encode, but for text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
pub struct Words(SmallVec<[u64; 2]>);

impl Words {
    /// A row of these words.
    pub fn from_slice(words: &[u64]) -> Words {
        Words(SmallVec::from_slice(words))
    }

    /// The words of those columns of a row.
    pub fn pick(row: &[u64], columns: &[usize]) -> Words {
        Words(columns.iter().map(|column| row[*column]).collect())
    }

    /// One row after the other.
    pub fn concat(first: &[u64], second: &[u64]) -> Words {
        Words(first.iter().chain(second).copied().collect())
    }
}

/// What a row's part looks like, whether it is there or known to be empty.
pub trait AsWords {
    /// The words in order.
    fn words(&self) -> &[u64];
}

impl AsWords for Words {
    fn words(&self) -> &[u64] {
        &self.0
    }
}

impl AsWords for () {
    fn words(&self) -> &[u64] {
        &[]
    }
}
