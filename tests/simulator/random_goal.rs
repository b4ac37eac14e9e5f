//! The parts of random programs.

use fastrand::Rng;

use super::shape::{About, ActionShape, CheckShape, GoalShape, PoolShape, Sharing, Witness};

pub fn pool(at: usize, rng: &mut Rng) -> PoolShape {
    PoolShape {
        name: format!("p{at}"),
        limit: rng.u32(1..4),
        rate: (rng.u8(..3) == 0).then(|| (rng.u32(1..4), rng.i64(30..300))),
        trip: rng.bool().then(|| rng.u32(1..5)),
    }
}

/// The goal of that place among so many.
pub fn goal(at: usize, count: usize, pools: usize, rng: &mut Rng) -> GoalShape {
    let about = *pick(&[About::Both, About::Both, About::Both, About::Campaign, About::Day], rng);
    let has_day = about != About::Campaign;
    let needs: Vec<usize> = (at + 1..count).filter(|_| rng.u8(..3) > 0).collect();
    let witness = match rng.u8(..10) {
        0..=3 => Witness::Counted,
        4 | 5 => Witness::Plain,
        6 if about == About::Both => Witness::DayWide,
        7 => Witness::Sourced,
        8 if !needs.is_empty() => Witness::Needs,
        _ => Witness::Counted,
    };
    let mut goal = GoalShape {
        name: format!("g{at}"),
        about,
        is_expected: at == 0 || rng.u8(..3) == 0,
        needs_yesterday: has_day && witness != Witness::DayWide && rng.u8(..5) == 0,
        needs,
        witness,
        check: (rng.u8(..5) > 0).then(|| check(about, pools, rng)),
        action: (rng.u8(..5) > 0).then(|| action(about, pools, rng)),
        has_hold: rng.u8(..4) == 0,
        has_gone: rng.u8(..6) == 0,
        has_working: rng.u8(..5) == 0,
        has_due: has_day && rng.u8(..3) == 0,
    };
    if goal.witness == Witness::Needs {
        goal.needs_yesterday = false;
        goal.check = None;
        goal.action = None;
    }
    goal
}

fn check(_: About, pools: usize, rng: &mut Rng) -> CheckShape {
    let every_s = *pick(&[60, 61, 300], rng);
    CheckShape {
        sharing: match rng.u8(..4) {
            0 => Sharing::Each,
            1 => Sharing::Batch(rng.u32(2..5)),
            2 => Sharing::Batch(1000),
            _ => Sharing::Whole,
        },
        every_s,
        ok_every_s: (rng.u8(..4) > 0).then(|| *pick(&[600, 3600], rng)),
        pool: (pools > 0 && rng.u8(..4) == 0).then(|| rng.usize(..pools)),
    }
}

fn action(about: About, pools: usize, rng: &mut Rng) -> ActionShape {
    let least = *pick(&[1, 10, 30], rng);
    let mut used: Vec<(usize, bool)> = (0..pools)
        .filter(|_| rng.bool())
        .collect::<Vec<_>>()
        .into_iter()
        .map(|pool| (pool, about != About::Day && rng.u8(..3) == 0))
        .collect();
    used.truncate(2);
    ActionShape {
        within_s: *pick(&[60, 300, 1200], rng),
        retry: rng.u32(1..5),
        backoff_s: (least, least * *pick(&[1, 4, 20], rng)),
        batch: (rng.u8(..4) == 0).then(|| rng.u32(1..5)),
        is_detached: rng.u8(..4) == 0,
        is_newest_first: about != About::Campaign && rng.u8(..3) == 0,
        pools: used,
    }
}

pub fn pick<'a, T>(of: &'a [T], rng: &mut Rng) -> &'a T {
    &of[rng.usize(..of.len())]
}
