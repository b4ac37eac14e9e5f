//! How often rows come. A count that has passed the most is no longer exact, but stays many: it
//! never wraps round to few or none.

/// The most ways in which a row is counted to be derived. Two of these add up without wrapping
/// round.
pub const COUNT_MAX: isize = 1 << 60;

/// The product of two counts.
pub fn times(left: isize, right: isize) -> isize {
    left.saturating_mul(right).clamp(-COUNT_MAX, COUNT_MAX)
}

/// The sum of two counts.
pub fn plus(left: isize, right: isize) -> isize {
    left.saturating_add(right).clamp(-COUNT_MAX, COUNT_MAX)
}
