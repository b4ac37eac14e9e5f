//! Everything that `run` waits for: the lines of its feeds, its alarm, and the wish to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::clock::system_now;
use super::failure::Failure;
use super::feeds::{Feed, FeedName};
use crate::feed::RawLine;
use crate::model::Timestamp;

/// What comes in.
pub(super) enum Input {
    Line(Arc<FeedName>, RawLine),
    /// A feed is at its end, and others may follow.
    EndOfFeed(Arc<FeedName>),
    /// A feed cannot be read on.
    Broken(Failure),
    /// The moment that was waited for is there.
    Alarm,
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// All feeds are at their end.
    End,
}

/// Where it all comes in.
pub(super) struct Inputs {
    receiver: Receiver<Message>,
    is_interrupted: Arc<AtomicBool>,
}

enum Message {
    Input(Input),
    Wake,
}

/// The exit code of who was interrupted by force, as shells have it.
const INTERRUPTED_CODE: u8 = 130;

/// How many lines may wait to be taken; the feed waits beyond that.
const QUEUE_LINES_MAX: usize = 256;

/// The system's clock may be set while we wait for it, so that we look at it now and then.
const WAIT_MAX: Duration = Duration::from_secs(30);

impl Inputs {
    /// Reads feeds in a thread of their own, one after the other, and listens for Ctrl-C.
    pub(super) fn start(feeds: Vec<Feed>) -> Result<Inputs, Failure> {
        let (sender, receiver) = sync_channel(QUEUE_LINES_MAX);
        let is_interrupted = Arc::new(AtomicBool::new(false));
        let (flag, waker) = (Arc::clone(&is_interrupted), sender.clone());
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                // Asked twice: whatever takes so long is not waited for.
                std::process::exit(i32::from(INTERRUPTED_CODE));
            }
            // A queue that is full wakes its reader too, who then sees the flag.
            let _ = waker.try_send(Message::Wake);
        })
        .map_err(|error| Failure::World(format!("cannot listen for Ctrl-C: {error}")))?;
        std::thread::spawn(move || read_all(feeds, &sender));
        Ok(Inputs { receiver, is_interrupted })
    }

    /// Waits for what comes next, an alarm included.
    pub(super) fn next(&self, alarm: Option<Timestamp>) -> Input {
        loop {
            if self.is_interrupted.load(Ordering::Relaxed) {
                return Input::Interrupted;
            }
            match self.receiver.recv_timeout(wait_until(alarm)) {
                Ok(Message::Input(input)) => return input,
                Ok(Message::Wake) => {}
                Err(RecvTimeoutError::Disconnected) => return Input::End,
                Err(RecvTimeoutError::Timeout) => {
                    if alarm.is_some_and(|alarm| alarm <= system_now()) {
                        return Input::Alarm;
                    }
                }
            }
        }
    }
}

fn wait_until(alarm: Option<Timestamp>) -> Duration {
    match alarm {
        None => WAIT_MAX,
        Some(alarm) => alarm.since(system_now()).to_std().unwrap_or(Duration::ZERO).min(WAIT_MAX),
    }
}

fn read_all(feeds: Vec<Feed>, sender: &SyncSender<Message>) {
    for feed in feeds {
        if !read(feed, sender) {
            return;
        }
    }
    // Whoever waits has gone if this cannot be sent.
    let _ = sender.send(Message::Input(Input::End));
}

/// Whether to go on with the next.
fn read(mut feed: Feed, sender: &SyncSender<Message>) -> bool {
    loop {
        let (input, goes_on) = match feed.read() {
            Ok(Some(line)) => (Input::Line(Arc::clone(feed.name()), line), true),
            Ok(None) => (Input::EndOfFeed(Arc::clone(feed.name())), false),
            Err(failure) => (Input::Broken(failure), false),
        };
        let is_broken = matches!(input, Input::Broken(_));
        if sender.send(Message::Input(input)).is_err() || is_broken {
            return false;
        }
        if !goes_on {
            return true;
        }
    }
}
