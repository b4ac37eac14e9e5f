//! A server that is killed right after its guard, so that nobody clears up after it: the next
//! server does, before it starts anything.

use super::life::Life;
use super::server::{Server, kill_process, processes, until};
use super::verdict::{check, last_words};

pub fn that_are_killed_first() {
    let mut life = Life::new(1);
    let result = restart_in_mid_attempt(&mut life);
    result.unwrap_or_else(|why| panic!("{why}\n{}", last_words(&life.world)));
    println!("a guard that is killed first: the next server clears up");
}

fn restart_in_mid_attempt(life: &mut Life) -> Result<(), String> {
    let mut server = Server::start(&life.world, &[], &[]);
    let gone = |_| "the server is gone".to_string();
    let mut client = server.connect().map_err(gone)?;
    // It takes long, and would still go on when the next attempt begins.
    client.tell(&mut life.ledgers[0], &["+want(901)".to_string()]).map_err(gone)?;
    let lock = life.world.path().join("locks/thing-901");
    until("the slow attempt", || lock.exists().then_some(()))?;
    kill_process(guard_of(server.pid()).ok_or("there is no guard")?);
    kill_process(server.pid());
    server.wait();
    check(life, server.pid())
}

/// The child that a server has beside its commands.
fn guard_of(server: u32) -> Option<u32> {
    processes().find(|pid| {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/{pid}/{name}"));
        let parent = read("stat").ok().and_then(|stat| {
            let (_, fields) = stat.rsplit_once(')')?;
            fields.split_whitespace().nth(1)?.parse().ok()
        });
        parent == Some(server) && read("cmdline").is_ok_and(|line| line.ends_with("\0guard\0"))
    })
}
