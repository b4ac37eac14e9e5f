//! One program on one engine, timed: load, then rounds of nothing, one fact out, the fact in
//! again, and rounds of a thousand facts out and in.

use std::time::Instant;

use crate::{Change, Memory, Random, Report, Totals, Workload};

/// An engine that keeps a program's outputs up to date.
pub trait Peer {
    /// A transaction in the engine's own form. To make it is not timed: a caller would have it so.
    type Transaction;

    /// All facts. Returns once the first complete answer is known.
    fn load(&mut self, workload: &Workload);
    fn prepare(&mut self, changes: &[Change]) -> Self::Transaction;
    /// Returns once all that follows is known.
    fn commit(&mut self, transaction: Self::Transaction);
    /// Tells what the last answer changed. It is not timed.
    fn tell(&mut self, totals: &mut Totals);
}

/// Facts of a large transaction.
const MANY: usize = 1_000;

/// After so many rounds all must agree that go so far.
const EARLY_ROUNDS: usize = 2;

pub fn measure<P: Peer>(
    workload: &Workload,
    rounds: Option<usize>,
    new: impl FnOnce() -> P,
) -> Report {
    let mut report = Report::default();
    let memory = Memory::start();
    let start = Instant::now();
    let mut peer = new();
    report.number("build", start.elapsed().as_secs_f64() * 1e3);
    peer.load(workload);
    report.number("load", start.elapsed().as_secs_f64() * 1e3);
    let mut totals = Totals::new(workload.outputs.len());
    peer.tell(&mut totals);
    totals.turn();
    report.total("load", &totals);
    report.number("load-peak", memory.peak_mib());
    let rounds = rounds.unwrap_or(workload.rounds).min(workload.rounds);
    let bulk = workload.bulk_rounds.min(rounds / EARLY_ROUNDS);
    small_rounds(&mut peer, workload, rounds, &mut totals, &mut report);
    large_rounds(&mut peer, workload, bulk, &mut totals, &mut report);
    report.total(&format!("after-{rounds}-{bulk}"), &totals);
    report.number("peak", memory.peak_mib());
    report
}

/// Takes note that all is worked out.
pub type Done<'a> = &'a mut dyn FnMut();

/// As [`measure`], of an engine that can only work everything out. `run` calls when that is done,
/// and then goes through the rows.
pub fn measure_batch(
    workload: &Workload,
    run: impl FnOnce(&Workload, &mut Totals, Done<'_>),
) -> Report {
    let mut report = Report::default();
    let memory = Memory::start();
    let mut totals = Totals::new(workload.outputs.len());
    let mut load = None;
    let start = Instant::now();
    run(workload, &mut totals, &mut || load = Some(start.elapsed().as_secs_f64() * 1e3));
    totals.turn();
    report.number("load", load.expect("the engine says when it is done"));
    report.total("load", &totals);
    report.number("peak", memory.peak_mib());
    report
}

fn small_rounds<P: Peer>(
    peer: &mut P,
    workload: &Workload,
    rounds: usize,
    totals: &mut Totals,
    report: &mut Report,
) {
    let mut random = Random::new(12_345);
    let [mut empty, mut deleted, mut inserted] = [const { Vec::new() }; 3];
    for round in 0..rounds {
        let fact = (random.next() >> 33) as usize;
        empty.push(timed(peer, &[], totals));
        deleted.push(timed(peer, &workload.changes(fact, 1, false), totals));
        inserted.push(timed(peer, &workload.changes(fact, 1, true), totals));
        if round + 1 == EARLY_ROUNDS {
            report.total("early", &totals);
        }
    }
    report.times("empty", &mut empty);
    report.times("delete", &mut deleted);
    report.times("insert", &mut inserted);
    deleted.append(&mut inserted);
    report.times("one", &mut deleted);
}

fn large_rounds<P: Peer>(
    peer: &mut P,
    workload: &Workload,
    rounds: usize,
    totals: &mut Totals,
    report: &mut Report,
) {
    let mut random = Random::new(54_321);
    let mut many = Vec::new();
    for _ in 0..rounds {
        let fact = (random.next() >> 33) as usize;
        many.push(timed(peer, &workload.changes(fact, MANY, false), totals));
        many.push(timed(peer, &workload.changes(fact, MANY, true), totals));
    }
    report.times("many", &mut many);
}

fn timed<P: Peer>(peer: &mut P, changes: &[Change], totals: &mut Totals) -> f64 {
    let transaction = peer.prepare(changes);
    let start = Instant::now();
    peer.commit(transaction);
    let took = start.elapsed().as_secs_f64() * 1e3;
    peer.tell(totals);
    totals.turn();
    took
}
