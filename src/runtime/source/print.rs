//! A fingerprint of a set of rows: whether a reading gave anything new is known without keeping
//! what the last one gave.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::model::Row;

/// The same for the same rows in any order, and for hardly any others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    rows: usize,
    sums: [u64; 2],
}

impl Print {
    /// Of these rows.
    pub fn of(rows: &[Row]) -> Print {
        let sum = |salt: u64| {
            let hash = |row: &Row| {
                let mut hasher = DefaultHasher::new();
                salt.hash(&mut hasher);
                row.hash(&mut hasher);
                hasher.finish()
            };
            rows.iter().map(hash).fold(0_u64, u64::wrapping_add)
        };
        Print { rows: rows.len(), sums: [sum(0), sum(1)] }
    }
}
