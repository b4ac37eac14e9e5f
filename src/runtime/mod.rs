//! The loop, and the world around it: what carries out checks and actions, sources, the clock.

mod causes;
mod clock;
mod counts;
mod event;
mod groups;
mod handle;
mod http;
mod journal;
mod keeper;
mod machine;
mod new_rules;
mod news;
mod prelude;
pub mod process;
mod questions;
mod reload;
mod run;
mod silence;
mod source;
mod sql;
mod status;
mod tables;
mod tls;
mod values;
mod vocabulary;
mod watch;
mod work;
mod world;

pub use clock::{Clock, system_now};
pub use counts::{CountedGoal, counted_goals, counting_rules, free_prefix, number_of};
pub use event::{
    Effect, Ended, Event, Pausable, ProcessExit, Receipt, Request, StoreOptions, Ticket,
};
pub use handle::Handle;
pub use keeper::{Publication, Rules};
pub use machine::{Machine, SourceNews};
pub use news::{Extent, Heard, News, SourceState};
pub use prelude::{Prelude, sources_behind, with_prelude};
pub use questions::{
    Answer, Instances, Past, Standing, fact_json, find_relation, history, standing, why,
};
pub use reload::NotAdopted;
pub use run::{Run, Runner, Stopper};
pub use source::{
    Bell, Calls, ChannelNews, Files, Filled, PathPattern, Place, ReadSource, Reading, Said,
    SourceError, fill_in, listen, read_all, read_source, replacement,
};
pub use status::{GoalStatus, InFlight, PoolStatus, SourceStatus, Status, status};
pub use vocabulary::{vocabulary, vocabulary_of};
pub use world::{Ask, Asks, End, LoadRules, ServerOptions, World};
