//! Rules that change while an action runs: a goal that goes and comes back finds what it left.

use nix::sys::signal::Signal;

use super::life::{Life, wait_for};
use super::server::{Server, until};
use super::verdict::{all_is_met, last_words};

/// The action does not stop when it is asked to, and is still at it when its goal is back: no
/// other is begun beside it.
pub fn that_come_back() {
    let mut life = Life::new(1);
    let result = change_in_mid_attempt(&mut life);
    result.unwrap_or_else(|why| panic!("{why}\n{}", last_words(&life.world)));
    println!("rules that go and come back: nothing is done twice at once");
}

fn change_in_mid_attempt(life: &mut Life) -> Result<(), String> {
    let gone = |_| "the server is gone".to_string();
    let mut server = Server::start(&life.world, &[], &[]);
    let mut client = server.connect().map_err(gone)?;
    client.tell(&mut life.ledgers[0], &["+part(951, 1)".to_string()]).map_err(gone)?;
    let lock = life.world.path().join("locks/parcel-951");
    until("the slow attempt", || lock.exists().then_some(()))?;
    life.world.take_rules("other.rules");
    server.signal(Signal::SIGHUP);
    wait_for(&mut client, "the other rules", "parcel.state", |rows| rows.is_none())
        .map_err(gone)?;
    life.world.take_rules("crash.rules");
    server.signal(Signal::SIGHUP);
    wait_for(&mut client, "the first rules", "parcel.state", |rows| rows.is_some())
        .map_err(gone)?;
    all_is_met(&mut client)?;
    let doubles = life.world.read("doubles");
    server.signal(Signal::SIGTERM);
    match server.wait().success() && doubles.is_empty() {
        true => Ok(()),
        false => Err(format!("two at once: {doubles}")),
    }
}
