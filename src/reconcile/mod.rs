//! The pure state machine: what changed and what time it is go in, commands come out.
