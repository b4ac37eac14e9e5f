//! What time it is: the system's clock, or one that only `at` lines move.

use crate::feed::Mistake;
use crate::model::Timestamp;

/// A clock that never goes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    now: Timestamp,
    drive: Drive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drive {
    System,
    AtLines,
    Nobody,
}

impl Clock {
    /// A clock that stands at a moment if there is one, and else is the system's.
    pub(super) fn new(now: Option<Timestamp>) -> Clock {
        match now {
            Some(now) => Clock { now, drive: Drive::AtLines },
            None => Clock { now: system_now(), drive: Drive::System },
        }
    }

    /// A clock that stands at a moment if there is one, for `at` lines to move on, and else at
    /// the whole second that the system's shows now.
    pub(super) fn standing(now: Option<Timestamp>) -> Clock {
        match now {
            Some(now) => Clock { now, drive: Drive::AtLines },
            None => Clock { now: whole_second(system_now()), drive: Drive::Nobody },
        }
    }

    /// The moment of a transaction that happens now. If the system's clock was set back, this
    /// waits for it.
    pub(super) fn read(&mut self) -> Timestamp {
        if self.drive == Drive::System {
            self.now = self.now.max(system_now());
        }
        self.now
    }

    /// Whether it moves by itself.
    pub(super) fn is_system(&self) -> bool {
        self.drive == Drive::System
    }

    /// Does what an `at` line says.
    ///
    /// # Errors
    /// If nobody drives this clock, or it would go back.
    pub(super) fn advance(&mut self, moment: Timestamp) -> Result<Timestamp, Mistake> {
        if self.drive != Drive::AtLines {
            return Err(Mistake::new("\"at\" is for a clock that is driven")
                .hint("give the moment to start from with --now"));
        }
        if moment < self.now {
            return Err(Mistake::new(format!("the clock never goes back, and is at {}", self.now)));
        }
        self.now = moment;
        Ok(moment)
    }
}

/// Nobody plans by microseconds.
fn whole_second(moment: Timestamp) -> Timestamp {
    let micros = moment.micros();
    Timestamp::from_micros(micros - micros.rem_euclid(1_000_000)).expect("the system's time")
}

/// What the system's clock says.
pub(super) fn system_now() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
        .expect("the calendar's instants are all ours")
}
