//! A server that is killed at each of its crash points, and at any other moment, loses nothing
//! that it acknowledged, invents nothing, leaves nothing running, does nothing twice at once,
//! and goes on where it was. `OWED_CRASH=NAME` tries one point, or those that begin so, and
//! `OWED_CRASH=random`, `logs`, `disk`, `guards` or `reloads` one of the other parts;
//! `OWED_SEED=N` chooses the moments.

mod client;
mod disk;
mod guards;
mod jobs;
mod kills;
mod ledger;
mod life;
mod logs;
mod points;
mod reloads;
mod server;
mod verdict;

fn main() {
    let wanted = std::env::var("OWED_CRASH").ok();
    points::every_listed_point_is_in_the_sources();
    match wanted.as_deref() {
        Some("random") => kills::at_any_moment(),
        Some("logs") => logs::damaged_at_their_end(),
        Some("disk") => disk(),
        Some("guards") => guards::that_are_killed_first(),
        Some("reloads") => reloads::that_come_back(),
        Some(name) => points::at_every_point(Some(name)),
        None => {
            points::at_every_point(None);
            kills::at_any_moment();
            logs::damaged_at_their_end();
            disk();
            guards::that_are_killed_first();
            reloads::that_come_back();
        }
    }
    server::nobody_is_left();
}

fn disk() {
    disk::that_is_full();
    disk::that_cannot_be_used();
    disk::that_is_removed();
}
