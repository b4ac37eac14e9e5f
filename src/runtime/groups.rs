//! Which events of a turn are worked out together.

use std::collections::BTreeSet;

use super::event::Event;
use crate::feed::Submission;

/// Events in groups, each of which can be worked out as things stand before it: what reads what
/// another may write has a group of its own, and nothing ends or is read twice in one.
pub(super) fn groups(events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut groups: Vec<Vec<Event>> = Vec::new();
    let mut is_open = false;
    let mut seen = BTreeSet::new();
    for event in events {
        let is_alone = match &event {
            Event::Submit { submission: Submission { looked, reports, .. }, .. } => {
                !looked.is_empty() || !reports.is_empty()
            }
            Event::Ask { .. } => true,
            Event::Ended { ended, .. } => ended.output.windows(8).any(|word| word == b".attempt"),
            Event::SourceRead { .. } => false,
        };
        let of = match &event {
            Event::Submit { .. } | Event::Ask { .. } => None,
            Event::Ended { run, .. } => Some((0, run.0)),
            Event::SourceRead { relation, .. } => Some((1, u64::from(relation.0))),
        };
        let is_new = of.is_none_or(|of| seen.insert(of));
        match groups.last_mut().filter(|_| is_open && !is_alone && is_new) {
            Some(group) => group.push(event),
            None => {
                seen = of.into_iter().collect();
                groups.push(vec![event]);
            }
        }
        is_open = !is_alone;
    }
    groups
}
