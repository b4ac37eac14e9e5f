//! What many facts leave behind when they go: texts that nobody holds any more, and memory.

use crate::memory;

/// How many facts there were, and whether memory is still to be given back.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// The most facts that there were since it was last looked.
    most: usize,
    /// How many steps more have something to leave.
    steps: u32,
}

/// Fewer facts than these may go without being looked for.
const FACTS_MIN: usize = 1 << 16;

impl Leftovers {
    /// Whether most of the facts that there were have gone.
    pub fn are_many(&mut self, facts: usize) -> bool {
        self.most = self.most.max(facts);
        let are_many = self.most >= FACTS_MIN && facts < self.most / 2;
        if are_many {
            // The answer of this step takes memory until it is read, which it is before the next.
            (self.most, self.steps) = (facts, 2);
        }
        are_many
    }

    /// Gives back the memory that they took.
    pub fn give_back(&mut self) {
        if self.steps > 0 {
            self.steps -= 1;
            memory::give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_looked_for_once() {
        let mut leftovers = Leftovers::default();
        assert!(![0, FACTS_MIN, FACTS_MIN / 2].into_iter().any(|n| leftovers.are_many(n)));
        assert!(leftovers.are_many(FACTS_MIN / 2 - 1));
        assert!(!leftovers.are_many(0), "few have gone since");
        assert!(!leftovers.are_many(FACTS_MIN - 1));
        assert!(!leftovers.are_many(0), "there were few");
    }
}
