//! Explanations held against the naive reading: an instance is expected if and only if something
//! asks for it, ok if and only if a clause holds, and blocked if and only if a need is missing.

use std::cell::RefCell;

use owed::engine::Engine;
use owed::model::{RelationId, Row, Timestamp, Transaction, Value};
use owed::plan::{Demand, plan};
use owed::program::Program;
use owed::why::{
    Explanation, Instance, Limits, NeedGroup, State, World, explain, find_roots, readable,
};

use super::naive::{Facts, Model, evaluate};
use super::transactions::{Clock, Step};

/// Explains every instance that there is, and some that there are not, after all steps.
pub fn check(program: &Program, steps: &[Step]) -> Result<(), String> {
    let (mut facts, mut now) = (Facts::default(), Timestamp::MIN);
    // An engine that refuses to read what `readable` leaves out.
    let demand = Demand { watched: Vec::new(), readable: readable(program) };
    let mut engine = Engine::new(plan(program, &demand), 1);
    for step in steps {
        now = match step.clock {
            Clock::At(moment) => moment,
            Clock::By(micros) | Clock::Alarm(micros) => {
                let length = owed::model::Duration::from_micros(micros.max(0));
                now.checked_add(length).expect("steps are short")
            }
        };
        let changes = step.resolve(&program.schema);
        facts.apply(&changes, &program.schema);
        engine.apply(Transaction { now, changes }).map_err(|error| format!("{error:?}"))?;
    }
    let model = evaluate(program, &facts, now);
    let look = Look { program, model: &model, now, engine: RefCell::new(engine) };
    for goal in &program.goals {
        let mut rows: Vec<Row> = Vec::new();
        // What is ok need not be expected.
        for state in ["expected", "ok"] {
            rows.extend(look.relation(&goal.name, state));
        }
        for row in rows {
            let instance = Instance { goal: goal.name.clone(), row };
            look.check(&instance).map_err(|error| format!("{instance} at {now}: {error}"))?;
        }
    }
    look.check_roots()
}

struct Look<'a> {
    program: &'a Program,
    model: &'a Model,
    now: Timestamp,
    engine: RefCell<Engine>,
}

impl Look<'_> {
    fn relation(&self, goal: &str, state: &str) -> Vec<Row> {
        let relation = self.program.schema.find(&format!("{goal}.{state}"));
        let rows = relation.map(|relation| &self.model.relations[&relation.id]);
        rows.into_iter().flatten().cloned().collect()
    }

    fn has(&self, instance: &Instance, state: &str) -> bool {
        self.relation(&instance.goal, state).contains(&instance.row)
    }

    fn read(&self, relation: RelationId, prefix: &[Value]) -> Vec<Row> {
        self.engine.borrow_mut().rows(relation, prefix)
    }

    fn check(&self, instance: &Instance) -> Result<(), String> {
        let rows = &mut |relation: RelationId, prefix: &[Value]| self.read(relation, prefix);
        let live = &mut |_: &str, _: &Row| None;
        let world = World { program: self.program, now: self.now, rows, live };
        let explained = explain(world, instance, Limits { instances: 5 });
        let same = |what: &str, one: bool, other: bool| match one == other {
            true => Ok(()),
            false => Err(format!("{what}: {one} in the model, {other} in {explained:#?}")),
        };
        let node = &explained.instance;
        same("expected", self.has(instance, "expected"), is_asked(&explained))?;
        same("state", self.has(instance, "expected"), node.state != State::NotExpected)?;
        let by_clause = node.details.ok.iter().any(|clause| clause.holds());
        if !node.details.is_milestone {
            same("ok", self.has(instance, "ok"), by_clause)?;
        }
        if node.state.is_missing() {
            let blocked = node.needs.iter().any(NeedGroup::is_missing);
            same("blocked", self.has(instance, "blocked"), blocked)?;
            same("late", self.has(instance, "late"), node.is_late)?;
            same("held", self.has(instance, "held"), !node.details.held.is_empty())?;
            let resting = node.details.attempt.as_ref().and_then(|one| one.resting_until);
            same("resting", self.has(instance, "resting"), resting.is_some())?;
            let because = self.relation(&instance.goal, "gone_because");
            let because = because.iter().any(|row| row.starts_with(&instance.row));
            same("gone by itself", because, !node.details.gone.is_empty())?;
        }
        Ok(())
    }

    /// All that is missing hangs on at least one root.
    fn check_roots(&self) -> Result<(), String> {
        let rows = &mut |relation: RelationId, prefix: &[Value]| self.read(relation, prefix);
        let live = &mut |_: &str, _: &Row| None;
        let world = World { program: self.program, now: self.now, rows, live };
        let roots = find_roots(world);
        for goal in &self.program.goals {
            let missing = self.relation(&goal.name, "missing").len();
            let find = |counts: &owed::why::Counts| {
                counts.iter().filter(|(name, _)| *name == goal.name).map(|(_, n)| n).sum::<usize>()
            };
            let kept: usize =
                roots.roots.iter().map(|root| find(&root.instances) + find(&root.waiting)).sum();
            if find(&roots.missing) != missing || kept < missing {
                return Err(format!("{missing} of {} are missing, not {roots:#?}", goal.name));
            }
        }
        Ok(())
    }
}

fn is_asked(explained: &Explanation) -> bool {
    let asked = &explained.asked;
    let by_clause = asked.clauses.iter().any(|clause| clause.holds());
    by_clause || asked.is_given || asked.needed_by.total > 0
}
