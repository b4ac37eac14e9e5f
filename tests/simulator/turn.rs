//! One turn of the machine, what it must have made of what it was told, and what must hold after
//! it.

use std::collections::{BTreeMap, BTreeSet};

use owed::feed::Submission;
use owed::model::{Delta, RelationId, Row, Value};
use owed::reconcile::{RunId, Stopping};
use owed::runtime::process::read_answer;
use owed::runtime::{
    Effect, Ended, Event, Heard, Machine, News, Pausable, ProcessExit, Receipt, Request, Ticket,
    vocabulary,
};

use super::facts::Moment;
use super::ledger::{Instance, State, attempt};
use super::world::World;

type Answers = BTreeMap<Ticket, Result<Receipt, String>>;

impl World {
    pub fn turn(&mut self, events: Vec<Event>) {
        if self.machine.is_none() {
            return;
        }
        let now = self.clock();
        let dies = !self.is_calm && self.rng.u8(..60) == 0;
        let commits = dies.then(|| self.data.commits());
        let machine = self.machine.as_mut().expect("it runs");
        let before = machine.now();
        let effects = machine.turn(now, events.clone());
        assert!(machine.now() == before.max(now), "time goes on, and never back");
        self.turns += 1;
        let mut all = std::mem::take(&mut self.kept);
        all.extend(events);
        if let Some(commits) = commits {
            return self.die_within(&commits, &all);
        }
        let answers = answers(&effects);
        self.hold_back(&mut all);
        self.ledger.slack = effects.len() as u64;
        self.learn_all(&all, &answers);
        self.carry_out(effects);
        self.check_after_turn();
    }

    /// What the machine could not make durable it keeps for later.
    fn hold_back(&mut self, events: &mut Vec<Event>) {
        let mut backlog = self.machine.as_ref().map_or(0, Machine::backlog);
        assert!(backlog == 0 || self.data.is_disk(), "{backlog} wait for a store that works");
        let mut kept = Vec::new();
        while backlog > 0 {
            let event = events.pop().expect("what waits was heard of");
            if let Event::Ended { .. } | Event::SourceRead { .. } = event {
                backlog -= 1;
            }
            kept.push(event);
        }
        for event in kept.into_iter().rev() {
            match event {
                Event::Ended { .. } | Event::SourceRead { .. } => self.kept.push(event),
                // Its answer is that it failed.
                Event::Submit { .. } | Event::Ask { .. } => events.push(event),
            }
        }
    }

    /// What follows from what the machine was told.
    pub fn learn_all(&mut self, events: &[Event], answers: &Answers) {
        let running = self.ledger.attempts.iter();
        let running = running.filter(|(_, row)| attempt(row).2 == "running");
        let mut running: BTreeSet<Instance> =
            running.map(|(instance, _)| instance.clone()).collect();
        for event in events {
            self.ledger.moment += 1;
            if let Event::Submit { ticket, .. } | Event::Ask { ticket, .. } = event
                && let Some(Err(why)) = answers.get(ticket)
                && why.contains("disk is full")
            {
                assert!(self.data.is_disk(), "{why}");
                continue;
            }
            match event {
                Event::Submit { ticket, submission, .. } => {
                    let told = self.submitted(submission, &mut running);
                    let answer = answers.get(ticket).map(|answer| answer.is_ok());
                    assert!(
                        answer.is_none_or(|answer| answer == told),
                        "{submission:?} is taken in: {told}, and the answer is {answer:?}"
                    );
                }
                Event::Ask { ticket, who, request } => {
                    let instances = self.asked(who, request, &mut running);
                    if let Some(answer) = answers.get(ticket) {
                        let answer = answer.as_ref().expect("it is not refused");
                        assert_eq!(answer.instances, instances, "{request:?}");
                    }
                    let paused = self.facts.rows("owed.paused");
                    self.pauses.insert(*ticket, paused);
                }
                Event::Ended { run, ended } => self.ended(*run, ended, &mut running),
                Event::SourceRead { relation, news: News { heard: Heard::Rows(rows), .. } } => {
                    let relation = self.schema().relation(*relation).clone();
                    let moment = self.moment();
                    self.facts.replace(&relation, rows, moment);
                }
                Event::SourceRead { .. } => {}
            }
        }
    }

    /// Whether it can be taken in; if so, it is.
    fn submitted(&mut self, submission: &Submission, running: &mut BTreeSet<Instance>) -> bool {
        for report in &submission.reports {
            let instance = (self.name(report.goal), report.row.clone());
            if !running.contains(&instance) {
                return false;
            }
        }
        for looked in &submission.looked {
            let goal = self.name(looked.goal);
            let looks = self.ledger.runs.values_mut();
            let looks = looks.filter(|run| !run.is_action && !run.is_over && run.goal == goal);
            let looks = looks.filter(|run| run.all_keys.contains(&looked.row));
            let mut looks: Vec<_> = looks.collect();
            // One who answers twice is still the one who began to look then.
            let began = looks.iter().map(|run| run.began).min();
            looks.retain(|run| run.keys.contains(&looked.row));
            let instance = (goal.clone(), looked.row.clone());
            match looks.first_mut() {
                Some(run) if run.is_later => {
                    run.keys.retain(|key| *key != looked.row);
                    run.is_over = run.keys.is_empty();
                    self.ledger.looked.insert(instance, run.began);
                }
                // The look that is on its way will say more.
                Some(_) => {}
                None => {
                    // It is heard before anything follows from it.
                    let moment = self.moment() + self.ledger.slack;
                    self.ledger.looked.insert(instance, moment);
                }
            }
            self.withdraw(&goal, &looked.row, began.unwrap_or(Moment::MAX), submission);
        }
        self.take(submission, running);
        true
    }

    fn take(&mut self, submission: &Submission, running: &mut BTreeSet<Instance>) {
        for report in &submission.reports {
            let instance = (self.name(report.goal), report.row.clone());
            self.ledger.detached.remove(&instance);
            running.remove(&instance);
        }
        let moment = self.moment();
        for change in &submission.changes {
            self.facts.apply(change, &self.loaded.program.schema, moment);
        }
    }

    /// Silence withdraws the facts that spoke for an instance when the look began, were not
    /// written since, and are not said again.
    fn withdraw(&mut self, goal: &str, key: &[Value], began: Moment, said: &Submission) {
        use super::shape::Witness::{Counted, DayWide, Needs, Plain, Sourced};
        let shape = self.shape.goal(goal);
        let mut pattern: Vec<Option<Value>> = key.iter().cloned().map(Some).collect();
        match shape.witness {
            Counted => pattern.push(None),
            Plain => {}
            DayWide | Sourced | Needs => return,
        }
        let name = shape.relation();
        let relation = self.relation(&name);
        let is_said = |row: &Row| {
            said.changes.iter().any(|change| {
                matches!(change, owed::model::Change::Insert { relation: into, row: said }
                    if *into == relation && said == row)
            })
        };
        for row in self.facts.older(&name, &pattern, began) {
            if !is_said(&row) {
                let row: Vec<Option<Value>> = row.into_iter().map(Some).collect();
                self.facts.delete(&name, &row);
            }
        }
    }

    fn ended(&mut self, run: RunId, ended: &Ended, running: &mut BTreeSet<Instance>) {
        let info = self.ledger.runs.get(&run).filter(|run| !run.is_over && !run.is_later);
        let Some(info) = info.cloned() else { return };
        let own = self.relation(&info.goal);
        let vocabulary = vocabulary(&self.loaded.program).for_job(own);
        let said = read_answer(&ended.output, &vocabulary).ok().filter(|said| {
            let goal = |report: &owed::feed::Report| self.name(report.goal);
            said.reports.iter().all(|one| running.contains(&(goal(one), one.row.clone())))
        });
        // A look that was asked to stop has not seen all.
        let said = said.filter(|_| info.is_action || info.stopping.is_none());
        let code = match (&ended.exit, &said) {
            (ProcessExit::Code(code), Some(_)) => *code,
            _ => 1,
        };
        let said = said.unwrap_or_default();
        let later = !info.is_action && code == 75;
        if info.is_action {
            self.take(&said, running);
            self.action_ended(&info, code, running);
        } else if code == 0 {
            for key in &info.keys {
                self.withdraw(&info.goal, key, info.began, &said);
                self.ledger.looked.insert((info.goal.clone(), key.clone()), info.began);
            }
            self.take(&said, running);
        } else if later {
            self.take(&said, running);
        }
        let is_unwanted = info.stopping == Some(Stopping::NotExpected);
        let says_nothing = info.is_action
            && ((code == 69 && info.stopping.is_none()) || (code != 0 && is_unwanted));
        if !later && !says_nothing {
            self.ledger.pools.ended(&info.pools, code == 0);
        }
        let run = self.ledger.runs.get_mut(&run).expect("found above");
        (run.is_later, run.is_over) = (later, !later);
    }

    fn action_ended(
        &mut self,
        info: &super::ledger::RunInfo,
        code: i32,
        running: &mut BTreeSet<Instance>,
    ) {
        let is_detached =
            self.shape.goal(&info.goal).action.as_ref().is_some_and(|action| action.is_detached);
        for key in &info.keys {
            let instance = (info.goal.clone(), key.clone());
            if !is_detached || code != 0 {
                running.remove(&instance);
                self.ledger.detached.remove(&instance);
            }
        }
    }

    /// For how many instances.
    fn asked(&mut self, who: &str, request: &Request, running: &mut BTreeSet<Instance>) -> usize {
        let now = Value::Time(self.machine_now());
        let moment = self.moment();
        match request {
            Request::Waive { goal, pattern, until, reason } => {
                let keys = self.missing(*goal, pattern);
                let waiver = format!("{}.waiver", self.name(*goal));
                let waiver = self.schema().find(&waiver).expect("every goal has it").clone();
                let more = [Value::Time(*until), Value::text(reason.as_str()), Value::text(who)];
                for key in &keys {
                    let row = key.iter().chain(&more).cloned().collect();
                    self.facts.insert(&waiver, row, moment);
                }
                keys.len()
            }
            Request::Retry { goal, pattern } => {
                let keys = self.missing(*goal, pattern);
                self.ledger.pools.forgive();
                for key in &keys {
                    // A row without work in flight is removed, and nothing is left to report on.
                    let instance = (self.name(*goal), key.clone());
                    if !self.ledger.is_in_flight(&instance) && !self.has_time(&instance) {
                        running.remove(&instance);
                    }
                }
                keys.len()
            }
            Request::Pause(what) => {
                let names = self.pausable(what);
                let relation = self.schema().relation(self.prelude.paused).clone();
                for [what, name] in &names {
                    let row = vec![what.clone(), name.clone(), now.clone(), Value::text(who)];
                    self.facts.insert(&relation, row, moment);
                }
                names.len()
            }
            Request::Resume(what) => {
                let name = self.name(self.prelude.paused);
                let names = self.pausable(what);
                let rows = self.facts.rows(&name).into_iter().filter(|row| {
                    *what == Pausable::Everything || names.iter().any(|one| row.starts_with(one))
                });
                let rows: Vec<Row> = rows.collect();
                for row in &rows {
                    let row: Vec<Option<Value>> = row.iter().cloned().map(Some).collect();
                    self.facts.delete(&name, &row);
                }
                rows.len()
            }
        }
    }

    fn pausable(&self, what: &Pausable) -> Vec<[Value; 2]> {
        let one = |what: &str, name: &str| [Value::text(what), Value::text(name)];
        match what {
            Pausable::Goal(name) => vec![one("goal", name)],
            Pausable::Pool(name) => vec![one("pool", name)],
            Pausable::Everything => vec![one("everything", "")],
        }
    }

    fn missing(&self, goal: RelationId, pattern: &[Option<Value>]) -> Vec<Row> {
        let goal = self.name(goal);
        let fits = |row: &Row| {
            let mut pairs = row.iter().zip(pattern);
            pairs.all(|(value, wanted)| wanted.as_ref().is_none_or(|wanted| wanted == value))
        };
        let missing =
            self.ledger.all(State::Missing).filter(|(other, key)| *other == goal && fits(key));
        missing.map(|(_, key)| key.clone()).collect()
    }

    pub fn name(&self, relation: RelationId) -> String {
        self.schema().relation(relation).name.clone()
    }
}

fn answers(effects: &[Effect]) -> Answers {
    let answers = effects.iter().filter_map(|effect| match effect {
        Effect::Answer { ticket, answer } => Some((*ticket, answer.clone())),
        _ => None,
    });
    answers.collect()
}

/// What changed, in order.
pub fn deltas(effects: &[Effect]) -> Vec<&Delta> {
    let deltas = effects.iter().filter_map(|effect| match effect {
        Effect::Changed(delta) => Some(delta),
        _ => None,
    });
    deltas.collect()
}
