//! A join of three tables, from its selective end, and a count by day.

use differential_dataflow::operators::CountTotal;
use differential_dataflow::operators::ThresholdTotal;

use super::session::{Pair, Ports, Triple};

pub fn skew(ports: &mut Ports<'_>) {
    let left = ports.input::<Pair>().map(|(a, k)| (k, a)).arrange_by_key();
    let middle = ports.input::<Pair>().map(|(k, m)| (m, k)).arrange_by_key();
    let right = ports.input::<Pair>().arrange_by_key();
    let linked = right
        .join_core(middle, |_, c, k| Some((*k, *c)))
        .arrange_by_key()
        .join_core(left, |_, c, a| Some((*a, *c)))
        .distinct_total();
    ports.output(linked);
}

pub fn counts(ports: &mut Ports<'_>) {
    let per_day = ports
        .input::<Triple>()
        .map(|(_, _, day)| day)
        .count_total()
        .map(|(day, count)| (day, count as i32));
    ports.output(per_day);
}
