//! What a running server does in a second, and how long people wait for it.
//!
//! `cargo bench --bench serve` measures, with the real program, store and socket:
//!
//! - transactions a second that are durable, with 1, 10 and 100 clients that each wait for their
//!   receipt;
//! - the time from a fact's receipt to the start of the action that it causes, and to its fact;
//! - actions started a second;
//! - with `-- N` (1,000,000 by default) satisfied instances: how long a restart takes, what is
//!   resident, and how much of a processor the server uses while nothing happens.

mod client;
mod server;

use std::time::{Duration, Instant};

use client::Client;
use server::{Server, folder};

fn main() {
    let instances: usize =
        std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(1_000_000);
    transactions();
    reaction();
    actions();
    restart(instances);
}

/// Facts that nothing follows from.
const NOTES: &str = "input note(n: int, client: int).\n";

fn transactions() {
    for clients in [1, 10, 100] {
        let folder = folder(NOTES);
        let server = Server::start(&folder);
        let began = Instant::now();
        let span = Duration::from_secs(5);
        let threads: Vec<_> = (0..clients)
            .map(|number| {
                let mut client = Client::connect(&folder);
                std::thread::spawn(move || {
                    let mut waits = Vec::new();
                    let mut count = 0_u64;
                    while began.elapsed() < span {
                        let sent = Instant::now();
                        client.tell(&format!("+note({count}, {number})"));
                        waits.push(sent.elapsed());
                        count += 1;
                    }
                    waits
                })
            })
            .collect();
        let waits = threads.into_iter().flat_map(|thread| thread.join().expect("it ends"));
        let mut waits: Vec<Duration> = waits.collect();
        waits.sort();
        let per_second = waits.len() as f64 / began.elapsed().as_secs_f64();
        println!(
            "{clients:>4} clients: {per_second:>8.0} durable transactions a second, p50 {}, p99 {}",
            millis(at(&waits, 0.5)),
            millis(at(&waits, 0.99))
        );
        drop(server);
    }
}

/// Each fact asks for one thing, which an action that is nearly nothing brings about.
const ORDERS: &str = "\
input order(n: int).
observe delivered(n: int).
pool all limit 64.
goal delivery(n: int) {
    expect :- order(n).
    ok     :- delivered(n).
    action sh \"echo \\\"+delivered($owed_n)\\\"\" within 1m, pool all.
}
";

fn reaction() {
    let folder = folder(ORDERS);
    let server = Server::start(&folder);
    let mut watcher = Client::connect(&folder);
    watcher.send("subscribe delivery.attempt delivered");
    let mut client = Client::connect(&folder);
    client.tell("+order(-1)");
    watcher.until("+delivered(-1)");
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for number in 0..300 {
        let began = Instant::now();
        client.send(&format!("+order({number})"));
        watcher.until(&format!("+delivery.attempt({number}, 1, "));
        starts.push(began.elapsed());
        watcher.until(&format!("+delivered({number})"));
        ends.push(began.elapsed());
        client.receive();
    }
    starts.sort();
    ends.sort();
    println!(
        "from a fact to the start of its action: p50 {}, p99 {}; to what it brings: p50 {}, p99 {}",
        millis(at(&starts, 0.5)),
        millis(at(&starts, 0.99)),
        millis(at(&ends, 0.5)),
        millis(at(&ends, 0.99))
    );
    drop(server);
}

fn actions() {
    const ACTIONS: usize = 2_000;
    let folder = folder(ORDERS);
    let server = Server::start(&folder);
    let mut client = Client::connect(&folder);
    let began = Instant::now();
    client.send("begin");
    (0..ACTIONS).for_each(|number| client.add(&format!("+order({number})")));
    client.tell("commit");
    server.run(&["wait", "delivery"]);
    let per_second = ACTIONS as f64 / began.elapsed().as_secs_f64();
    println!("{per_second:.0} actions a second, from start to the end of what they bring");
    drop(server);
}

/// A million things that are there, and are looked at once in ten years.
const SATISFIED: &str = "\
input wanted(n: int).
observe there(n: int).
goal thing(n: int) {
    expect :- wanted(n).
    ok     :- there(n).
    check  \"true\" every 1h, ok never, batch 1000.
    action \"true\" within 1h.
}
";

fn restart(instances: usize) {
    let folder = folder(SATISFIED);
    let server = Server::start(&folder);
    let mut client = Client::connect(&folder);
    let began = Instant::now();
    let batch = 100_000;
    for first in (0..instances).step_by(batch) {
        client.send("begin");
        for number in first..(first + batch).min(instances) {
            client.add(&format!("+there({number})"));
            client.add(&format!("+wanted({number})"));
        }
        client.tell("commit");
    }
    println!("{instances} instances told in {:.1} s", began.elapsed().as_secs_f64());
    drop(server);
    let began = Instant::now();
    let server = Server::start(&folder);
    server.run(&["status"]);
    let taken = began.elapsed();
    let resident = server.resident_mib();
    let taken = taken.as_secs_f64();
    println!("restart until the first answer: {taken:.1} s, {resident:.0} MiB resident");
    // What the start has set going comes to its end first.
    std::thread::sleep(Duration::from_secs(5));
    let (before, began) = (server.processor_seconds(), Instant::now());
    std::thread::sleep(Duration::from_secs(20));
    let used = server.processor_seconds() - before;
    let share = 100.0 * used / began.elapsed().as_secs_f64();
    println!("idle: {share:.2} % of one processor");
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    let place = ((sorted.len() as f64 - 1.0) * share).round();
    sorted.get(place as usize).copied().unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1_000.0)
}
