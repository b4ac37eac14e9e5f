//! New rules over the same facts, while what was begun goes on.

use std::sync::Arc;

use super::event::{Effect, Event};
use super::machine::{Machine, SourceNews, Started};
use super::prelude::Prelude;
use super::tables::read_in;
use crate::compile::Loaded;
use crate::model::crash_point;
use crate::reconcile::{Command, Flight, Stopping};
use crate::store::StoreError;

/// New rules that the store did not take.
pub struct NotAdopted {
    /// The machine with the old rules.
    pub machine: Box<Machine>,
    pub why: StoreError,
    /// The store does not fit the old rules any more either: the machine cannot go on.
    pub is_stranded: bool,
}

impl Machine {
    /// Takes new rules over the same facts. What runs goes on, where the new rules know its goal;
    /// looks begin anew.
    ///
    /// # Errors
    /// What the store says; the old rules stay in force then, if they can.
    pub fn reload(
        mut self,
        (loaded, prelude): (&Loaded, Prelude),
        sources: Vec<SourceNews>,
    ) -> Result<Started, NotAdopted> {
        let program = Arc::new(loaded.program.clone());
        let now = self.now;
        let adopted = self.store.adopt(&program.schema, now);
        let adopted = adopted.and_then(|adoptions| {
            crash_point("machine.reload.adopted");
            let rules = (&*program, &prelude);
            let (store, known) = (&mut self.store, self.sources.by_name(&self.program));
            Ok((adoptions, read_in(store, rules, sources, now, &known)?))
        });
        let (adoptions, (facts, states)) = match adopted {
            Ok(adopted) => adopted,
            Err(error) => {
                // The tables fit the old rules again, whatever was done to them.
                let schema = self.program.schema.clone();
                let back = self.store.adopt(&schema, now).err();
                let is_stranded = back.is_some();
                let (machine, why) = (Box::new(self), back.unwrap_or(error));
                return Err(NotAdopted { machine, why, is_stranded });
            }
        };
        let stops = self
            .looks
            .drain()
            .into_iter()
            .map(|run| Effect::Stop { run, why: Stopping::NotExpected });
        let mut effects: Vec<Effect> = stops.collect();
        let mut flights = self.reconciler.flights();
        let first = self.reconciler.next_run();
        let Machine { store, workers, waiting, commands, engine, .. } = self;
        // Members of a cluster work for one engine at a time, and memory is for one.
        drop(engine);
        // What waits for the store to be started was never started.
        let is_begun = |flight: &Flight| {
            !commands
                .iter()
                .any(|one| matches!(one, Command::Act { run, .. } if *run == flight.run))
        };
        flights.retain(is_begun);
        crash_point("machine.reload.before-engine");
        let mut machine = Machine::assemble(program, prelude, store, first, now, workers);
        // The ends of what runs are to come still; sources were read anew.
        let ends = waiting.into_iter().filter(|event| matches!(event, Event::Ended { .. }));
        machine.waiting = ends.collect();
        machine.sources = states;
        effects.extend(machine.begin(facts, flights));
        Ok((machine, adoptions, effects))
    }
}
