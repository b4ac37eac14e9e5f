//! What all engines share: the generated data, the transactions, how they are timed, and the
//! totals by which their answers are compared. A peer implements [`Peer`] and is handed to
//! [`measure`].

pub mod campaigns;
mod data;
mod joins;
mod measure;
mod memory;
mod random;
mod report;
mod totals;
mod workload;

pub use measure::{Done, Peer, measure, measure_batch};
pub use memory::{Memory, processor_ms, resident_mib, touch_memory};
pub use random::Random;
pub use report::{Report, percentile};
pub use totals::{Totals, fingerprint};
pub use workload::{Change, Fact, PROGRAMS, Scale, Table, Workload};
