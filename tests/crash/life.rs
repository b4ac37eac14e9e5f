//! A server's life from its start to its end, with all that may happen to it; whoever kills it
//! on the way finds it in the middle of something.

use fastrand::Rng;
use nix::sys::signal::Signal;
use owed::model::Duration;
use owed::runtime::system_now;
use serde_json::{Value as Json, json};

use super::client::{Client, Gone};
use super::ledger::{Facts, Ledger, Transaction, key};
use super::server::{PATIENCE, Server, World, until};

/// The facts of the second client have numbers from here on, so that each knows its own.
const SECOND: i64 = 1000;
const BELLS: i32 = 5;

/// A world, and what its two clients know.
pub struct Life {
    pub world: World,
    pub ledgers: [Ledger; 2],
    pub random: Rng,
    texts: usize,
}

type Clients = [Client; 2];

impl Life {
    pub fn new(seed: u64) -> Life {
        let ledgers = [Ledger::default(), Ledger::default()];
        Life { world: World::new(), ledgers, random: Rng::with_seed(seed), texts: 0 }
    }

    /// All of it, as far as the server lives; in the end it is stopped.
    pub fn live(&mut self, server: &mut Server) -> Result<(), Gone> {
        let mut clients = [server.connect()?, server.connect()?];
        self.load(&mut clients, 12)?;
        self.ring(&mut clients[0])?;
        self.withdraw_in_mid_attempt(&mut clients[0])?;
        clients[0].ask(&json!({ "ask": "retry", "instances": "thing(_)" }))?.expect("it is one");
        self.load(&mut clients, 6)?;
        self.change_source(&mut clients[0])?;
        self.take_other_rules(server, &mut clients)?;
        self.fill_log(&mut clients[1])?;
        self.load(&mut clients, 6)?;
        server.signal(Signal::SIGTERM);
        let ended = server.wait();
        assert!(ended.success() || server.was_killed(), "asked to stop, it ended with {ended}");
        if server.was_killed() { Err(Gone) } else { Ok(()) }
    }

    /// Both clients tell so many transactions each, all at once.
    pub fn load(&mut self, clients: &mut Clients, count: usize) -> Result<(), Gone> {
        for at in [0, 1] {
            let transactions = (0..count).map(|_| self.transaction(at)).collect();
            clients[at].send(&mut self.ledgers[at], transactions)?;
        }
        for (client, ledger) in clients.iter_mut().zip(&mut self.ledgers) {
            let (refused, reason) = client.receive(ledger)?;
            assert_eq!(refused, 0, "{reason}");
        }
        Ok(())
    }

    /// Some transaction of a client.
    fn transaction(&mut self, client: usize) -> Transaction {
        let base = if client == 0 { 0 } else { SECOND };
        let thing = base + self.random.i64(1..20);
        let box_ = base + self.random.i64(1..5);
        let lines = match self.random.u8(..10) {
            0..=2 => vec![format!("+want({thing})")],
            3 => vec![format!("-want({thing})")],
            4..=5 => vec![self.note(thing)],
            6 => vec![format!("-note({thing}, _)"), self.note(thing + 1)],
            7..=8 => {
                (1..4).map(|at| format!("+part({box_}, {})", base + box_ % 100 + at)).collect()
            }
            _ => (1..4).map(|at| format!("-part({box_}, {})", base + box_ % 100 + at)).collect(),
        };
        Transaction::of(&lines)
    }

    fn note(&mut self, id: i64) -> String {
        self.texts += 1;
        format!("+note({id}, \"{} {}\")", self.texts, "x".repeat(self.random.usize(..300)))
    }

    /// The clock alone makes something true, and some of it while nothing else happens.
    fn ring(&mut self, client: &mut Client) -> Result<(), Gone> {
        let (mut told, mut awaited) = (0, 0);
        while awaited < BELLS {
            told += 1;
            let later = Duration::from_micros(50_000 * i64::from(told - awaited));
            let moment = system_now().checked_add(later).expect("in range");
            client.tell(&mut self.ledgers[0], &[format!("+bell({told}, {moment})")])?;
            if system_now() < moment {
                awaited += 1;
                let rang = |rows: &[Json]| rows.iter().any(|row| row["row"]["id"] == told);
                wait_for(client, "the bell", "rang", |rows| rows.is_some_and(rang))?;
            }
        }
        Ok(())
    }

    /// Something slow begins, and is not wanted any more.
    fn withdraw_in_mid_attempt(&mut self, client: &mut Client) -> Result<(), Gone> {
        client.tell(&mut self.ledgers[0], &["+want(900)".to_string()])?;
        let is_running = |rows: &[Json]| {
            rows.iter().any(|row| row["row"]["id"] == 900 && row["row"]["outcome"] == "running")
        };
        wait_for(client, "the slow attempt", "thing.attempt", |rows| rows.is_some_and(is_running))?;
        client.tell(&mut self.ledgers[0], &["-want(900)".to_string()])
    }

    fn change_source(&mut self, client: &mut Client) -> Result<(), Gone> {
        self.world.words("one\ntwo\nthree\n");
        wait_for(client, "the new words", "word", |rows| rows.is_some_and(|rows| rows.len() == 3))
    }

    /// Other rules come, something happens, and the first ones come back.
    fn take_other_rules(&mut self, server: &Server, clients: &mut Clients) -> Result<(), Gone> {
        let [first, second] = clients;
        self.world.take_rules("other.rules");
        server.signal(Signal::SIGHUP);
        wait_for(first, "the other rules", "parcel.state", |rows| rows.is_none())?;
        first.tell(&mut self.ledgers[0], &["+want(21)".to_string()])?;
        let parts = [1, 2].map(|id| format!("+part(1009, {})", SECOND + id));
        second.tell(&mut self.ledgers[1], &parts)?;
        self.world.take_rules("crash.rules");
        server.signal(Signal::SIGHUP);
        wait_for(first, "the first rules", "parcel.state", |rows| rows.is_some())
    }

    /// So much that the log of the database becomes too long.
    fn fill_log(&mut self, client: &mut Client) -> Result<(), Gone> {
        for at in 0..24 {
            let text = format!("+note(1100, \"{at} {}\")", "y".repeat(200_000));
            client.tell(&mut self.ledgers[1], &[text])?;
        }
        client.tell(&mut self.ledgers[1], &["-note(1100, _)".to_string()])
    }

    /// Holds the facts that a server has against what may be.
    pub fn settle(&mut self, client: &mut Client) -> Result<(), String> {
        let [first, second] = facts(client)?;
        self.ledgers[0].settle(first)?;
        self.ledgers[1].settle(second)
    }
}

/// The facts that a server has, by the clients that told them.
pub fn facts(client: &mut Client) -> Result<[Facts; 2], String> {
    let mut there = [Facts::new(), Facts::new()];
    for relation in ["want", "part", "note", "bell"] {
        let rows = client.list(relation).map_err(|_| "the server is gone".to_string())?;
        for row in rows.expect("the relation is in the rules") {
            let fact = row["text"].as_str().expect("a text").to_string();
            let number = fact.split(['(', ',', ')']).nth(1).and_then(|id| id.parse().ok());
            let number: i64 = number.expect("facts begin with a number");
            there[usize::from(number >= SECOND)].insert(key(&fact), fact);
        }
    }
    Ok(there)
}

/// Waits until the rows of a relation are as they must become; there are none of one that is
/// not in the rules.
pub fn wait_for(
    client: &mut Client,
    what: &str,
    relation: &str,
    is_so: impl Fn(Option<&[Json]>) -> bool,
) -> Result<(), Gone> {
    let waited = until(what, || match client.list(relation) {
        Err(gone) => Some(Err(gone)),
        Ok(rows) => is_so(rows.as_deref()).then_some(Ok(())),
    });
    waited.unwrap_or_else(|why| panic!("{why}, for {PATIENCE:?}"))
}
