//! What pools have room for, told once more.

use std::collections::BTreeMap;

use owed::model::{Timestamp, Value};

use super::shape::{PoolShape, Shape};

/// By pool, `p0`, or the pool of one value, `p0("a")`.
#[derive(Debug, Default)]
pub struct PoolLedger {
    starts: BTreeMap<String, Vec<i64>>,
    failures: BTreeMap<String, u32>,
}

/// What pools that no program names have room for.
const OWN_LIMIT: usize = 16;

impl PoolLedger {
    pub fn forget(&mut self) {
        self.starts.clear();
        self.failures.clear();
    }

    /// Somebody says that it may work now.
    pub fn forgive(&mut self) {
        self.failures.clear();
    }

    /// Something starts, while all that runs is in these pools.
    pub fn start(&mut self, pools: &[String], running: &[&String], shape: &Shape, now: Timestamp) {
        for title in pools {
            let running = running.iter().filter(|other| **other == title).count();
            let Some(pool) = shape.pool(title) else {
                assert!(running < OWN_LIMIT, "{title}: {running} run");
                continue;
            };
            assert!(running < pool.limit as usize, "{title}: {running} run of {}", pool.limit);
            let failures = self.failures.get(title).copied().unwrap_or(0);
            assert!(
                pool.trip.is_none_or(|trip| failures < trip) || running == 0,
                "{title}: {failures} failures, and {running} run when one more starts"
            );
            let starts = self.starts.entry(title.clone()).or_default();
            starts.push(now.micros());
            if let Some((count, per)) = pool.rate {
                let since = now.micros() - per * 1_000_000;
                let recent = starts.iter().filter(|start| **start > since).count();
                assert!(recent <= count as usize, "{title}: {recent} within {per}s");
            }
        }
    }

    pub fn ended(&mut self, pools: &[String], is_well: bool) {
        for title in pools {
            let failures = self.failures.entry(title.clone()).or_default();
            *failures = if is_well { 0 } else { *failures + 1 };
        }
    }
}

impl Shape {
    fn pool(&self, title: &str) -> Option<&PoolShape> {
        let name = title.split('(').next().unwrap_or(title);
        self.pools.iter().find(|pool| pool.name == name)
    }

    pub fn check_pools(&self, goal: &str) -> Vec<String> {
        let pool = self.goal(goal).check.as_ref().and_then(|check| check.pool);
        vec![pool.map_or("checks".to_string(), |pool| self.pools[pool].name.clone())]
    }

    pub fn action_pools(&self, goal: &str, key: &[Value]) -> Vec<String> {
        let action = self.goal(goal).action.as_ref().expect("it acts");
        let pools = action.pools.iter().map(|(pool, is_parted)| {
            let name = &self.pools[*pool].name;
            if *is_parted { format!("{name}({})", key[0]) } else { name.clone() }
        });
        let pools: Vec<String> = pools.collect();
        if pools.is_empty() { vec!["default".to_string()] } else { pools }
    }
}
