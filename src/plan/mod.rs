//! [`Program`](crate::program::Program) to [`Plan`]: what nobody reads is left out, relations
//! are ordered in strata, and each rule's body becomes joins, filters and generators over
//! shared arrangements. Nothing here knows how the operators are carried out.

mod body;
mod clock;
mod explain;
mod factor;
mod graph;
mod literal;
mod notation;
mod operator;
mod planner;
mod scalar;
mod storage;
mod uniqueness;

pub use explain::Line;
pub use operator::{
    AggregateFunction, Aggregation, Arrangement, ArrangementId, ClockTest, Join, Loop, Map, Node,
    NodeId, Operator, Part, Plan, Range, Share, Site, SiteId, Step, Stratum,
};
pub use planner::{Demand, plan};
pub use scalar::Scalar;
pub use storage::Home;
