//! What actions and checks share: how many run at once, how many start in a span of time, and
//! what a row of failures means for all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Notice;
use crate::model::{Duration, Pool, Timestamp, Value};

/// A pool, or the pool of one value.
pub(super) type PoolKey = (usize, Option<Value>);

/// All pools, and the parts of them that were ever used.
#[derive(Debug)]
pub(super) struct Pools {
    pools: Vec<Pool>,
    states: BTreeMap<PoolKey, State>,
    paused: BTreeSet<String>,
}

/// How a pool stands.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub running: u32,
    /// When the last started, as far as its rate asks for them.
    started: VecDeque<Timestamp>,
    /// How many failed in a row.
    pub failures: u32,
    /// What the last of them said.
    pub failure: Option<String>,
    /// After a trip: when the next probe may start.
    pub probe_from: Option<Timestamp>,
}

impl State {
    fn forget_failures(&mut self) {
        (self.failures, self.failure, self.probe_from) = (0, None, None);
    }
}

/// Why a pool lets nobody start.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Closed {
    Paused,
    Full,
    /// Until then.
    Rate(Timestamp),
    /// One probe at a time: one is on its way, or may start then.
    Tripped(Option<Timestamp>),
}

impl Pools {
    pub fn new(pools: Vec<Pool>) -> Pools {
        Pools { pools, states: BTreeMap::new(), paused: BTreeSet::new() }
    }

    /// What keeps a pool closed to actions now.
    pub fn closed(&self, key: &PoolKey, now: Timestamp) -> Option<Closed> {
        match self.paused.contains(&self.pools[key.0].name) {
            true => Some(Closed::Paused),
            false => self.closed_to_looks(key, now),
        }
    }

    /// What keeps a pool closed to checks now: a pause is of actions.
    pub fn closed_to_looks(&self, key: &PoolKey, now: Timestamp) -> Option<Closed> {
        let pool = &self.pools[key.0];
        let state = self.states.get(key)?;
        if self.is_tripped(key) {
            let probe_from = state.probe_from.filter(|from| *from > now);
            if state.running > 0 || probe_from.is_some() {
                return Some(Closed::Tripped(probe_from.filter(|_| state.running == 0)));
            }
        }
        if state.running >= pool.limit {
            return Some(Closed::Full);
        }
        let rate = pool.rate?;
        let most = rate.count as usize;
        let oldest = state.started.len().checked_sub(most).map(|at| state.started[at])?;
        let free = oldest.checked_add(rate.per)?;
        (free > now).then_some(Closed::Rate(free))
    }

    /// Whether so many failed in a row that only probes are let through.
    pub fn is_tripped(&self, key: &PoolKey) -> bool {
        let failures = self.states.get(key).map_or(0, |state| state.failures);
        self.pools[key.0].trip.is_some_and(|trip| failures >= trip)
    }

    /// How a pool stands that has tripped, and until when it lets no probe through.
    pub fn trip(&self, key: &PoolKey, now: Timestamp) -> Option<(&State, Option<Timestamp>)> {
        let state = self.states.get(key).filter(|_| self.is_tripped(key))?;
        let is_idle = state.running == 0;
        Some((state, state.probe_from.filter(|from| is_idle && *from > now)))
    }

    pub fn start(&mut self, keys: &[PoolKey], now: Timestamp) {
        for key in keys {
            let rate = self.pools[key.0].rate;
            let state = self.states.entry(key.clone()).or_default();
            state.running += 1;
            if let Some(rate) = rate {
                state.started.push_back(now);
                while state.started.len() > rate.count as usize {
                    state.started.pop_front();
                }
            }
        }
    }

    /// A run that was in these pools is not any more.
    pub fn leave(&mut self, keys: &[PoolKey]) {
        for key in keys {
            let state = self.states.get_mut(key).expect("it started");
            state.running -= 1;
        }
    }

    /// A run went well, as far as these pools go.
    pub fn succeeded(&mut self, keys: &[PoolKey], notices: &mut Vec<Notice>) {
        for key in keys {
            if self.is_tripped(key) {
                notices.push(Notice::Recovered { pool: title(&self.pools[key.0], key) });
            }
            if let Some(state) = self.states.get_mut(key) {
                state.forget_failures();
            }
        }
    }

    /// A run failed. `pause` is how long to wait after so many probes that failed in a row.
    pub fn failed(
        &mut self,
        keys: &[PoolKey],
        now: Timestamp,
        message: &str,
        pause: &dyn Fn(u32) -> Duration,
        notices: &mut Vec<Notice>,
    ) {
        for key in keys {
            let pool = &self.pools[key.0];
            let Some(trip) = pool.trip else { continue };
            let state = self.states.entry(key.clone()).or_default();
            state.failures += 1;
            let message = message.lines().next().unwrap_or_default().to_string();
            state.failure = Some(message.clone());
            if state.failures == trip {
                let pool = title(pool, key);
                notices.push(Notice::Tripped { pool, failures: trip, message });
            }
            if state.failures >= trip {
                state.probe_from = now.checked_add(pause(state.failures - trip + 1));
            }
        }
    }

    /// Somebody says that it may work now: earlier failures count no longer.
    pub fn forgive(&mut self, keys: &[PoolKey]) {
        for key in keys {
            if let Some(state) = self.states.get_mut(key) {
                state.forget_failures();
            }
        }
    }

    pub fn set_paused(&mut self, name: &str, is_paused: bool) {
        match is_paused {
            true => self.paused.insert(name.to_string()),
            false => self.paused.remove(name),
        };
    }

    pub fn pool(&self, key: &PoolKey) -> &Pool {
        &self.pools[key.0]
    }

    pub fn is_paused(&self, name: &str) -> bool {
        self.paused.contains(name)
    }

    /// Every pool, and every part that was ever used.
    pub fn states(&self) -> Vec<(PoolKey, State)> {
        let used = |at: usize| self.states.keys().any(|(pool, _)| *pool == at);
        let unused = (0..self.pools.len()).filter(|at| !used(*at));
        let unused = unused.map(|at| ((at, None), State::default()));
        let mut all: Vec<(PoolKey, State)> =
            self.states.iter().map(|(key, state)| (key.clone(), state.clone())).collect();
        all.extend(unused);
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }
}

/// A pool as people call it: `sftp`, or `sftp("host-1")`.
pub(super) fn title(pool: &Pool, key: &PoolKey) -> String {
    match &key.1 {
        Some(value) => format!("{}({value})", pool.name),
        None => pool.name.clone(),
    }
}
