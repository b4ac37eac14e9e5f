//! What must hold after every turn.

use std::collections::BTreeSet;

use owed::model::{Row, Value};

use super::ledger::{Instance, State, attempt};
use super::world::{SECOND, World};

impl World {
    /// Whether detached work counts as being on its way, by the row of its attempt.
    pub fn has_time(&self, instance: &Instance) -> bool {
        let Some(row) = self.ledger.attempts.get(instance) else { return false };
        let action = self.shape.goal(&instance.0).action.as_ref();
        let Some(action) = action.filter(|action| action.is_detached) else { return false };
        let Value::Time(started) = row[row.len() - 4] else { panic!("{row:?}") };
        let until = started.micros() + action.within_s * SECOND;
        attempt(row).2 == "running" && until > self.machine_now().micros()
    }

    pub fn check_after_turn(&mut self) {
        let now = self.machine_now();
        let machine = self.machine.as_ref().expect("it runs");
        let wake = machine.next_wake();
        assert!(wake.is_none_or(|wake| wake > now), "it wakes at once again: {wake:?} at {now}");
        self.later_looks_end();
        if self.store_fails {
            return;
        }
        self.ledger.check_all_started();
        for (instance, row) in &self.ledger.attempts {
            let shape = self.shape.goal(&instance.0);
            let Some(action) = &shape.action else { continue };
            let is_wanted = self.ledger.is(State::Missing, instance);
            let in_flight = self.ledger.is_in_flight(instance);
            assert!(
                is_wanted || in_flight || self.has_time(instance),
                "{instance:?} is not missing, nothing is in flight, and its attempt stays: {row:?}"
            );
            assert!(
                attempt(row).2 != "running" || action.is_detached || in_flight,
                "{instance:?} runs, and nothing does: {row:?}"
            );
        }
        if self.turns.is_multiple_of(8) {
            self.check_facts();
        }
    }

    /// Answers that do not come in time are not waited for.
    fn later_looks_end(&mut self) {
        let now = self.machine_now().micros();
        for run in self.ledger.runs.values_mut().filter(|run| run.is_later) {
            run.is_over |= run.began_at.micros() + 600 * SECOND <= now;
        }
    }

    /// The store's facts are the engine's, and those that were acknowledged.
    pub fn check_facts(&mut self) {
        let Some(machine) = &mut self.machine else { return };
        let stored = machine.store().load().expect("it can be read");
        let schema = &self.loaded.program.schema;
        for (relation, rows) in stored {
            let name = &schema.relation(relation).name;
            let stored: BTreeSet<Row> = rows.into_iter().collect();
            let held: BTreeSet<Row> =
                machine.rows(relation, &[]).expect("it is shown").into_iter().collect();
            if !name.starts_with("owed.episode_") {
                assert_eq!(stored, held, "{name}: the store's and the engine's");
            }
            if !is_of_machine(name) {
                assert_eq!(held, self.facts.rows(name), "{name}: what is held, and was told");
            }
        }
    }
}

/// Whether the machine itself writes a relation: for its reconciler, or when it read a source.
pub fn is_of_machine(name: &str) -> bool {
    name.ends_with(".attempt") || name.starts_with("owed.episode_") || name == "owed.read"
}
