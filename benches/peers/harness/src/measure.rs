//! One program on one engine, timed: load, then rounds of nothing, one fact out, the fact in
//! again, and rounds of a thousand facts out and in.

use std::time::Instant;

use crate::{Change, Memory, Random, Report, Totals, Workload, processor_ms};

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

pub fn measure<P: Peer>(workload: &Workload, new: impl FnOnce() -> P) -> Report {
    let mut report = Report::default();
    let memory = Memory::start();
    let (start, processor) = (Instant::now(), processor_ms());
    let mut peer = new();
    report.number("build", start.elapsed().as_secs_f64() * 1e3);
    peer.load(workload);
    report.number("load", start.elapsed().as_secs_f64() * 1e3);
    report.number("load-processor", processor_ms() - processor);
    let mut totals = Totals::new(workload.outputs.len());
    peer.tell(&mut totals);
    totals.turn();
    report.total("load", &totals);
    report.number("load-peak", memory.peak_mib());
    small_rounds(&mut peer, workload, &mut totals, &mut report);
    large_rounds(&mut peer, workload, &mut totals, &mut report);
    report.total("after", &totals);
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
    let (start, processor) = (Instant::now(), processor_ms());
    run(workload, &mut totals, &mut || {
        load = Some((start.elapsed().as_secs_f64() * 1e3, processor_ms() - processor));
    });
    totals.turn();
    let (load, processor) = load.expect("the engine says when it is done");
    report.number("load", load);
    report.number("load-processor", processor);
    report.total("load", &totals);
    report.number("peak", memory.peak_mib());
    report
}

fn small_rounds<P: Peer>(
    peer: &mut P,
    workload: &Workload,
    totals: &mut Totals,
    report: &mut Report,
) {
    let mut random = Random::new(12_345);
    let [mut empty, mut deleted, mut inserted] = [const { Vec::new() }; 3];
    for _ in 0..workload.rounds {
        let fact = (random.next() >> 33) as usize;
        empty.push(timed(peer, &[], totals));
        deleted.push(timed(peer, &workload.changes(fact, 1, false), totals));
        inserted.push(timed(peer, &workload.changes(fact, 1, true), totals));
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
    totals: &mut Totals,
    report: &mut Report,
) {
    let mut random = Random::new(54_321);
    let mut many = Vec::new();
    for _ in 0..workload.bulk_rounds {
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
