//! The shared programs as somebody who knows differential dataflow writes them: plain tuples,
//! shared arrangements, one `distinct` where a loop needs it, joins in the best order.

mod etl;
mod graphs;
mod joins;
mod points_to;
mod session;

pub use session::measure_by_hand;
