//! Notifications that wake a source up, and a connection that is lost.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use owed::runtime::{ChannelNews, Place, listen};

use crate::postgres::Postgres;
use crate::world::runtime;

#[test]
fn a_channel_wakes_up() {
    let Some(mut postgres) = Postgres::start() else { return };
    let (tell, heard) = mpsc::channel();
    let url = postgres.url();
    thread::spawn(move || {
        let place = Place::new(Path::new("."));
        let told = move |news| tell.send(news).unwrap_or_default();
        runtime().block_on(listen(&url, "odd \"channel\"", &place, told));
    });
    assert_eq!(next(&heard), ChannelNews::Change, "what was said before is not heard");
    postgres.execute("notify other");
    postgres.execute("notify \"odd \"\"channel\"\"\"");
    assert_eq!(next(&heard), ChannelNews::Change);
    assert!(heard.try_recv().is_err(), "another channel is not ours");

    // A server that goes is heard of; one that comes back is listened to again.
    postgres.stop();
    let ChannelNews::Lost(why) = next(&heard) else { panic!("the connection is lost") };
    assert!(why.starts_with("cannot listen on channel \"odd \"channel\"\": "), "{why}");
    postgres.start_again();
    while next(&heard) != ChannelNews::Change {}
    postgres.execute("notify \"odd \"\"channel\"\"\"");
    assert_eq!(next(&heard), ChannelNews::Change);
}

fn next(heard: &Receiver<ChannelNews>) -> ChannelNews {
    heard.recv_timeout(Duration::from_secs(60)).expect("something is heard")
}
