//! A join of three tables, from its selective end, and a count by day.

use dbsp::SchedulerError;
use dbsp::utils::{Tup2, Tup3};

use super::session::Ports;

pub fn skew(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let left = ports.keyed(|[a, k, _]| (k, a));
    let middle = ports.keyed(|[k, m, _]| (m, k));
    let right = ports.keyed(|[m, c, _]| (m, c));
    let linked = right
        .join_index(&middle, |_, c, k| Some((*k, *c)))
        .join(&left, |_, c, a| Tup2(*a, *c))
        .distinct();
    ports.output(&linked, |Tup2(a, c), ()| [a, c, 0]);
    Ok(())
}

pub fn counts(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let have = ports.rows(|[k, c, d]| Tup3(k, c, d));
    let per_day = have.map(|Tup3(_, _, day)| *day).weighted_count();
    ports.output(&per_day, |day, count| [day, count as i32, 0]);
    Ok(())
}
