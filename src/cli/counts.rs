//! A program with rules that count the states of its goals.

use super::load::Loaded;
use crate::runtime::{CountedGoal, counted_goals, counting_rules, free_prefix};

/// Adds the rules that count to a program.
pub(super) fn add_counts(loaded: Loaded) -> (Loaded, Vec<CountedGoal>) {
    let prefix = free_prefix(&loaded.program);
    let text = counting_rules(&loaded.program, &prefix);
    let loaded = loaded.extend("counting rules", &text);
    let counted = counted_goals(&loaded.program, &prefix);
    (loaded, counted)
}
