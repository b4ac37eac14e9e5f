//! What an engine answered, in a few numbers that do not depend on the order of rows.

use crate::Fact;

/// Of each output how many rows it has and the sum of their fingerprints; and a number that
/// hangs on all answers so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    outputs: Vec<(i64, u64)>,
    history: u64,
}

impl Totals {
    pub fn new(outputs: usize) -> Totals {
        Totals { outputs: vec![(0, 0); outputs], history: 0 }
    }

    /// A row came so many times more.
    pub fn add(&mut self, output: usize, row: Fact, count: i64) {
        let (rows, sum) = &mut self.outputs[output];
        *rows += count;
        *sum = sum.wrapping_add(fingerprint(row).wrapping_mul(count as u64));
    }

    /// Nothing is known; for an engine that answers anew each time.
    pub fn clear(&mut self) {
        self.outputs.fill((0, 0));
    }

    /// A transaction is answered.
    pub fn turn(&mut self) {
        for (rows, sum) in &self.outputs {
            let next = self.history.rotate_left(7) ^ (*rows as u64) ^ sum.rotate_left(32);
            self.history = next.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    pub fn rows(&self, output: usize) -> i64 {
        self.outputs[output].0
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (rows, sum) in &self.outputs {
            write!(f, "{rows}:{sum:016x}/")?;
        }
        write!(f, "{:016x}", self.history)
    }
}

pub fn fingerprint(row: Fact) -> u64 {
    row.into_iter().fold(0xCBF2_9CE4_8422_2325, |hash, word| {
        let mixed = (hash ^ u64::from(word as u32)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        mixed ^ (mixed >> 32)
    })
}
