//! Which operators have something to do in a step.

/// A set of places, of which the first is found at little cost.
#[derive(Debug)]
pub struct Marks(Vec<u64>);

impl Marks {
    /// None of so many places.
    pub fn new(places: usize) -> Marks {
        Marks(vec![0; places.div_ceil(64)])
    }

    /// Marks a place.
    pub fn set(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Takes the mark from a place.
    pub fn take(&mut self, place: usize) {
        self.0[place / 64] &= !(1 << (place % 64));
    }

    /// The first marked place from one on.
    pub fn first_from(&self, from: usize) -> Option<usize> {
        let first = from / 64;
        let mut mask = u64::MAX << (from % 64);
        for (at, word) in self.0.iter().enumerate().skip(first) {
            let marked = *word & mask;
            mask = u64::MAX;
            if marked != 0 {
                return Some(at * 64 + marked.trailing_zeros() as usize);
            }
        }
        None
    }
}
