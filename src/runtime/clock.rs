//! What time it is: by the system's clock, and for a server, whose time never goes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::model::Timestamp;

/// The system's clock, for all that happens in one server: of two moments that are asked for one
/// after the other the second is later, also when the system's clock is set back. Its clones are
/// the same clock.
#[derive(Clone, Debug)]
pub struct Clock {
    system: fn() -> Timestamp,
    last_micros: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that goes by another one, which may be set.
    pub fn new(system: fn() -> Timestamp) -> Clock {
        Clock { system, last_micros: Arc::new(AtomicI64::new(Timestamp::MIN.micros())) }
    }

    /// A moment after all that were given before.
    pub fn moment(&self) -> Timestamp {
        let system = (self.system)().micros();
        let next = |last: i64| system.max(last + 1);
        let last = self
            .last_micros
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        let last = last.expect("there is always a next one");
        Timestamp::from_micros(next(last)).expect("the calendar goes on")
    }
}

/// What the system's clock says, wherever it is set.
pub fn system_now() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
        .expect("the calendar's instants are all ours")
}
