//! Which operators have something to do in a step.

/// A set of places, from which the first is taken at little cost.
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

    /// Takes out the first marked place from one on.
    pub fn take_from(&mut self, from: usize) -> Option<usize> {
        let first = from / 64;
        let mut mask = u64::MAX << (from % 64);
        for (at, word) in self.0.iter_mut().enumerate().skip(first) {
            let marked = *word & mask;
            mask = u64::MAX;
            if marked != 0 {
                let place = marked.trailing_zeros();
                *word &= !(1 << place);
                return Some(at * 64 + place as usize);
            }
        }
        None
    }
}
