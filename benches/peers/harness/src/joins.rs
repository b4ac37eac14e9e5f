//! Three tables to be joined in a line, where one key has a tenth of the rows.

use crate::data::distinct;
use crate::{Fact, Random, Table};

/// `left(a, k), middle(k, m), right(m, c)`. A hundredth of the rows of `left` and of `middle`
/// have the key 0, so that they alone make millions of pairs; `right` knows one `m` in 200. Who
/// joins from the right never sees them.
pub fn skewed(rows: usize) -> Vec<Table> {
    let mut random = Random::new(7);
    let keys = rows as i32;
    let keyed = |random: &mut Random| if random.one_in(100) { 0 } else { random.below(keys) };
    let fill = |fact: &mut dyn FnMut(&mut Random) -> Fact, random: &mut Random, rows: usize| {
        let mut facts: Vec<Fact> = (0..rows).map(|_| fact(random)).collect();
        distinct(&mut facts);
        random.shuffle(&mut facts);
        facts
    };
    let left = fill(&mut |random| [random.below(keys), keyed(random), 0], &mut random, rows);
    let middle = fill(&mut |random| [keyed(random), random.below(keys), 0], &mut random, rows);
    let right =
        fill(&mut |random| [random.below(keys), random.below(keys), 0], &mut random, rows / 200);
    vec![
        Table { name: "left", width: 2, facts: left },
        Table { name: "middle", width: 2, facts: middle },
        Table { name: "right", width: 2, facts: right },
    ]
}
