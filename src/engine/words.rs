//! Rows by themselves: short vectors of machine words, the first two inline.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// One row, or part of one. Words order as the values that they encode, but for text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Words(SmallVec<[u64; 2]>);

impl Words {
    /// A row of these words.
    pub fn from_slice(words: &[u64]) -> Words {
        Words(SmallVec::from_slice(words))
    }

    /// The words in order.
    pub fn words(&self) -> &[u64] {
        &self.0
    }
}
