//! A program with rules that count the states of its goals.

use super::load::Loaded;
use crate::compile::extend;
use crate::runtime::{CountedGoal, counted_goals, counting_rules, free_prefix};

/// Adds the rules that count to a program.
pub(super) fn add_counts(mut loaded: Loaded) -> (Loaded, Vec<CountedGoal>) {
    let prefix = free_prefix(&loaded.program);
    let text = counting_rules(&loaded.program, &prefix);
    let program = extend(&mut loaded.file, &mut loaded.sources, "counting rules", &text);
    let counted = counted_goals(&program, &prefix);
    (Loaded { program, ..loaded }, counted)
}
