//! The same numbers on every machine and in every build.

/// Marsaglia's xorshift, 64 bits.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `end`.
    pub fn below(&mut self, end: i32) -> i32 {
        ((self.next() >> 33) % end as u64) as i32
    }

    pub fn one_in(&mut self, n: i32) -> bool {
        self.below(n) == 0
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, (self.next() >> 33) as usize % (last + 1));
        }
    }
}
