//! What the system's clock says.

use crate::model::Timestamp;

/// Now.
pub fn system_now() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
        .expect("the calendar's instants are all ours")
}
