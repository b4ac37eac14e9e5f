//! A build for the crash test dies where it is told to: `OWED_CRASH_POINT=NAME:N` is the N-th
//! time that the place is passed. `OWED_CRASH_TRACE=FILE` has a line for each that is.

use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::model::{CRASH_POINTS, watch_crash_points};

/// Does what the environment asks for.
pub(super) fn arm() {
    if let Ok(path) = std::env::var("OWED_CRASH_TRACE") {
        let trace = File::options().append(true).create(true).open(path);
        let trace = trace.expect("the test has made a folder for it");
        watch_crash_points(Box::new(move |name| {
            (&trace).write_all(format!("{name}\n").as_bytes()).expect("there is room");
        }));
    } else if let Ok(wanted) = std::env::var("OWED_CRASH_POINT") {
        let (wanted, times) = wanted.split_once(':').expect("NAME:N");
        let wanted = CRASH_POINTS.iter().find(|name| **name == wanted);
        let wanted = *wanted.expect("a crash point of the list");
        let times: u64 = times.parse().expect("a number");
        let passed = AtomicU64::new(0);
        watch_crash_points(Box::new(move |name| {
            if name == wanted && passed.fetch_add(1, Ordering::SeqCst) + 1 == times {
                die();
            }
        }));
    }
}

/// Not a line of ours runs after this.
fn die() -> ! {
    kill(Pid::this(), Signal::SIGKILL).expect("we may kill ourselves");
    loop {
        std::thread::park();
    }
}
