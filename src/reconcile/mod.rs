//! The pure state machine: what changed and what time it is go in, commands come out. It decides
//! from the state that holds, so that a restart, and events that are missed or come twice, change
//! nothing; it knows no rules, reads no clock and touches nothing.

mod command;
mod decide;
mod input;
mod load;
mod looks;
mod pools;
mod reconciler;
mod runs;
mod slot;
mod slots;
mod spec;
mod starts;
mod view;

pub use command::{Command, Notice, Start, Stopping};
pub use input::{Exit, Flight, Input, Looked};
pub use reconciler::Reconciler;
pub use runs::RunId;
pub use slot::{Attempt, Key, Outcome};
pub use spec::{GoalSpec, Mode, NeedSpec, Spec};
pub use view::{InstanceView, LooksView, Obstacle, PoolView, RunView};
