//! A disk that is full under a server that runs, and folders that no server can use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use super::client::Client;
use super::ledger::Transaction;
use super::life::Life;
use super::server::{Server, World, until};
use super::verdict::{all_is_met, is_sound, last_words};

/// It takes nothing that it cannot keep, says so, and goes on by itself when there is room.
pub fn that_is_full() {
    let mut life = Life::new(1);
    let data = life.world.data();
    let Some(disk) = Disk::mount(&data, "size=6m") else { return };
    let result = fill(&mut life, &data);
    drop(disk);
    result.unwrap_or_else(|why| panic!("{why}\n{}", last_words(&life.world)));
    println!("a full disk: nothing is lost, and it goes on");
}

fn fill(life: &mut Life, data: &Path) -> Result<(), String> {
    let gone = |_| "the server is gone".to_string();
    fs::write(data.join("ballast"), vec![0; 2 << 20]).expect("there is room");
    let mut server = Server::start(&life.world, &[], &[]);
    let mut client = server.connect().map_err(gone)?;
    client.tell(&mut life.ledgers[0], &["+want(1)".to_string()]).map_err(gone)?;
    let mut next = 0;
    let reason = until("a full disk", || match tell_note(&mut client, life, &mut next) {
        Ok(None) => None,
        Ok(Some(reason)) => Some(Ok(reason)),
        Err(why) => Some(Err(why)),
    })??;
    if !reason.contains("the store's disk is full; make room") {
        return Err(format!("it refuses with {reason}"));
    }
    // What comes about meanwhile is not forgotten, whether it can be written down or not.
    for _ in 0..3 {
        if tell_note(&mut client, life, &mut next)?.is_none() {
            return Err("a full disk took more".to_string());
        }
    }
    life.settle(&mut client)?;
    if !life.world.read("log").contains("the store's disk is full") {
        return Err("the log does not say it".to_string());
    }
    // Killed now, it has all that it acknowledged.
    server.signal(Signal::SIGKILL);
    server.wait();
    let mut server = Server::start(&life.world, &[], &[]);
    let mut client = server.connect().map_err(|_| "it does not start".to_string())?;
    life.settle(&mut client)?;
    until("a full disk again", || match tell_note(&mut client, life, &mut next) {
        Ok(None) => None,
        Ok(Some(_)) => Some(Ok(())),
        Err(why) => Some(Err(why)),
    })??;
    fs::remove_file(data.join("ballast")).expect("it is there");
    let want = Transaction::of(&["+want(2)".to_string()]);
    until("room", || {
        let sent = client.send(&mut life.ledgers[0], vec![want.clone()]);
        match sent.and_then(|()| client.receive(&mut life.ledgers[0])) {
            Ok((0, _)) => Some(Ok(())),
            Ok(_) => None,
            Err(_) => Some(Err("the server is gone".to_string())),
        }
    })??;
    until("a word of it", || {
        life.world.read("log").contains("the store works again").then_some(())
    })?;
    life.settle(&mut client)?;
    all_is_met(&mut client)?;
    is_sound(&life.world)?;
    server.signal(Signal::SIGTERM);
    match server.wait().success() {
        true => Ok(()),
        false => Err("it does not stop well".to_string()),
    }
}

/// Tells something long; gives why it was refused, if it was.
fn tell_note(
    client: &mut Client,
    life: &mut Life,
    next: &mut i64,
) -> Result<Option<String>, String> {
    *next += 1;
    let note = format!("+note({next}, \"{}\")", "z".repeat(50_000));
    let ledger = &mut life.ledgers[0];
    let sent = client.send(ledger, vec![Transaction::of(&[note])]);
    match sent.and_then(|()| client.receive(ledger)) {
        Ok((0, _)) => Ok(None),
        Ok((_, reason)) => Ok(Some(reason)),
        Err(_) => Err("the server is gone".to_string()),
    }
}

/// Where there can be no store, a server says so and ends.
pub fn that_cannot_be_used() {
    let refuses = |world: &World, data: &str, word: &str| {
        let output = world.owed(&["serve", "crash.rules", "--data", data], &[]);
        let says = String::from_utf8_lossy(&output.stderr).into_owned();
        let is_said = says.contains(word) && !says.contains("panicked");
        assert!(output.status.code() == Some(1) && is_said, "{data}: {:?}, {says}", output.status);
    };
    let world = World::new();
    fs::write(world.path().join("a-file"), "").expect("there is room");
    refuses(&world, "a-file", "cannot use the store a-file");
    refuses(&world, "a-file/below", "cannot use the store");
    fs::create_dir_all(world.path().join("odd/owed.db")).expect("there is room");
    refuses(&world, "odd", "cannot use the store");
    fs::create_dir(world.path().join("other")).expect("there is room");
    fs::write(world.path().join("other/owed.db"), "no database at all, but a text of its own")
        .expect("there is room");
    refuses(&world, "other", "the store is damaged: file is not a database");
    let read_only = world.path().join("read-only");
    if let Some(disk) = Disk::mount(&read_only, "size=1m,ro") {
        refuses(&world, "read-only", "cannot use the store read-only");
        refuses(&world, "read-only/below", "cannot use the store");
        drop(disk);
    }
    println!("folders that cannot be used: refused, with the reason");
}

/// Whoever removes the store's files under a server hears of it: nothing is acknowledged that
/// nobody will find.
pub fn that_is_removed() {
    for what in ["data", "data/owed.db", "data/owed.db-wal"] {
        let mut life = Life::new(1);
        let mut server = Server::start(&life.world, &[], &[]);
        let mut client = server.connect().unwrap_or_else(|_| panic!("it does not start"));
        let told = client.tell(&mut life.ledgers[0], &["+bell(1, 2026-03-25T08:00Z)".to_string()]);
        assert!(told.is_ok(), "{}", last_words(&life.world));
        let path = life.world.path().join(what);
        let away = life.world.path().join("away");
        fs::rename(&path, &away).expect("it is there");
        let bell = Transaction::of(&["+bell(2, 2026-03-25T08:00Z)".to_string()]);
        let sent = client.send(&mut life.ledgers[0], vec![bell]);
        // Or it has found out by itself, and is gone.
        if let Ok((refused, reason)) = sent.and_then(|()| client.receive(&mut life.ledgers[0])) {
            assert!(refused == 1, "{what}: {reason}");
        }
        let ended = server.wait();
        let says = last_words(&life.world);
        assert!(ended.code() == Some(1) && says.contains("was removed or replaced"), "{says}");
    }
    println!("a store that is removed under its server: nothing more is acknowledged");
}

/// A file system in memory, for as long as this lives.
struct Disk(PathBuf);

impl Disk {
    /// `None`, with a word, where one may not mount.
    fn mount(path: &Path, options: &str) -> Option<Disk> {
        fs::create_dir_all(path).expect("there is room");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(path).output();
        if !mount.is_ok_and(|mounted| mounted.status.success()) {
            println!("skipped: this user may not mount a file system");
            return None;
        }
        Some(Disk(path.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays", self.0.display());
    }
}
