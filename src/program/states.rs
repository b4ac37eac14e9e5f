//! The names of a goal's relations and of the columns that they have beside the goal's
//! parameters.

/// Names that goal parameters may not have: those of the columns beside them.
pub(super) const RESERVED: [&str; 9] =
    ["state", "number", "started", "ended", "outcome", "message", "until", "reason", "who"];

/// A goal's relations after its own name, and their columns beside the goal's parameters.
pub(super) const RELATIONS: [(&str, &[(&str, &str)]); 22] = [
    ("attempt", ATTEMPT),
    ("waiver", &[("until", "time"), ("reason", "text"), ("who", "text")]),
    ("expected", &[]),
    ("ok", &[]),
    ("accepted", &[]),
    ("settled", &[]),
    ("waived", &[]),
    ("missing", &[]),
    ("blocked", &[]),
    ("running", &[]),
    ("working", &[]),
    ("gone_because", &[("reason", "text")]),
    ("gone", &[]),
    ("failed", &[("number", "int"), ("ended", "time")]),
    ("stuck", &[]),
    ("resting", &[]),
    ("held_because", &[("reason", "text")]),
    ("held", &[]),
    ("ready", &[]),
    ("waiting", &[]),
    ("late", &[]),
    ("state", &[("state", "text")]),
];

pub(super) const ATTEMPT: &[(&str, &str)] = &[
    ("number", "int"),
    ("started", "time"),
    ("ended", "time"),
    ("outcome", "text"),
    ("message", "text"),
];

/// What a goal calls the relation of one of its pools' parts.
pub(super) fn part_name(pool: &str) -> String {
    format!("pool_{pool}")
}

pub(super) fn dotted(goal: &str, state: &str) -> String {
    format!("{goal}.{state}")
}
