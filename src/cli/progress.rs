//! A sign of life while loading takes longer than a second and somebody watches.

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// For how long loading stays silent.
const SILENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// A spinner on standard error that is gone when this is dropped.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Dropped first: that ends the thread that waits to show the spinner.
    done: Option<Sender<()>>,
    shower: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows nothing yet.
    pub(super) fn start() -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
            .with_style(ProgressStyle::default_spinner());
        if !std::io::stderr().is_terminal() {
            return Progress { bar, done: None, shower: None };
        }
        let (done, is_done) = channel();
        let shown = bar.clone();
        let shower = std::thread::spawn(move || {
            if is_done.recv_timeout(SILENCE) == Err(RecvTimeoutError::Timeout) {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        });
        Progress { bar, done: Some(done), shower: Some(shower) }
    }

    /// Says what is being done.
    pub(super) fn say(&self, message: impl Into<String>) {
        self.bar.set_message(message.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(shower) = self.shower.take() {
            // A thread that failed has shown nothing, which is no reason to stop.
            let _ = shower.join();
        }
        self.bar.finish_and_clear();
    }
}
