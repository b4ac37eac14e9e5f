//! That another process of the group is gone: whatever waits for it is unwound up to the one who
//! can bring the group together anew.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A process of the group is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

impl Lost {
    /// Ends what this thread is at.
    pub fn unwind(self) -> ! {
        // Nothing is wrong with the program: no message, no trace.
        resume_unwind(Box::new(self))
    }

    /// Does something that may be unwound so.
    pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Lost> {
        catch_unwind(AssertUnwindSafe(work)).map_err(|payload| match is_lost(&*payload) {
            true => Lost,
            false => resume_unwind(payload),
        })
    }
}

/// What timely says where the other end of a connection is gone.
const POISONED: &str = "MergeQueue poisoned.";
const BROKEN: &str = "timely communication error";

fn is_lost(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Lost>() || text_of(payload).is_some_and(|text| text == POISONED)
}

fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| payload.downcast_ref::<&str>().copied())
}

/// From now on nothing is printed where timely's threads end because a process is gone: whoever
/// brings the group together says so.
pub fn keep_quiet_about_lost() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let text = text_of(info.payload()).unwrap_or_default();
        let thread = std::thread::current();
        let is_timely = thread.name().is_some_and(|name| name.starts_with("timely:"));
        if !(text == POISONED || text.starts_with(BROKEN) || is_timely) {
            before(info);
        }
    }));
}
