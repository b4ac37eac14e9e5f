//! The story of the campaigns with real servers, from its first day to its last: an ad network
//! that one reaches by sftp, a warehouse in PostgreSQL, an API. `rules/story/start` sets the
//! world up; this plays what happens in it, and asks after each part whether the facts, the
//! attempts and the tables are as they should be. Nobody ever tells the server that something
//! was done.
//!
//! It has to be root, on a machine with Debian's packages that `.ci/run` names:
//! `cargo test --features story --test story`. `OWED_STORY=1000x31` plays it with 1,000 campaigns
//! and 31 days instead of 100 and 7, with a release build (`--release`).

mod crashes;
mod deleted;
mod late;
mod password;
mod readme;
mod secrets;
mod server;
mod size;
mod story;
mod tables;
mod world;

use std::time::Instant;

use story::Story;

/// A part of the story, by what it shows.
type Part = (&'static str, fn(&mut Story));

const PARTS: [Part; 12] = [
    ("what can be done is done, once", late::what_can_be_done_is_done),
    ("a file comes an hour late", late::a_file_comes_late),
    ("the other team's job fails for a day", late::prices_come_late),
    ("sales signs campaign 1001", late::a_campaign_is_new),
    ("the ad network has a new password", password::the_pool_trips),
    ("somebody fetches the files by hand", password::files_are_fetched_by_hand),
    ("25 March of campaign 501 is deleted", deleted::rows_come_back),
    ("and again, with its file gone", deleted::what_is_gone_is_gone),
    ("the server is killed in mid-download", crashes::the_server_is_killed),
    ("PostgreSQL restarts in mid-load", crashes::the_warehouse_restarts),
    ("the tables are right, row by row", tables::all_is_right),
    ("no password was written down", secrets::none_is_written_down),
];

fn main() {
    world::stop_when_interrupted();
    timed("a stranger can follow the README", readme::a_stranger_can_follow_it);
    let mut story = timed("the world is set up", Story::begin);
    for (title, part) in PARTS {
        timed(title, || part(&mut story));
    }
    story.end();
}

fn timed<T>(title: &str, part: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let made = part();
    println!("{:6.1} s  {title}", began.elapsed().as_secs_f64());
    made
}
