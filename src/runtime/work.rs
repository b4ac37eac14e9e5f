//! What an event means for the facts, and what follows from it.

use super::Effect;
use super::event::{
    EX_TEMPFAIL, EX_UNAVAILABLE, Ended, Event, Pausable, ProcessExit, Request, Ticket,
};
use super::machine::Machine;
use super::process::read_answer;
use super::silence::{inserted, keys_looked};
use super::vocabulary::vocabulary;
use super::watch::Moment;
use crate::feed::{Report, Submission};
use crate::model::{Author, AuthorKind, Change, Goal, RelationId, Row, Timestamp, Value};
use crate::reconcile::{Exit, Input, Key, Looked, Outcome, RunId};
use crate::store::Record;

/// A transaction to be, and what follows once it is durable and applied.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub author: Option<Author>,
    pub changes: Vec<Change>,
    pub then: Vec<Input>,
    pub ticket: Option<Ticket>,
    /// How many instances it is for.
    pub instances: usize,
    /// Why nothing of it is done.
    pub refusal: Option<String>,
}

impl Work {
    /// What is to be made durable; the changes go with it.
    pub fn record(&mut self, now: Timestamp) -> Record {
        let nobody = || Author::new(AuthorKind::Reconciler, "");
        let author = self.author.take().unwrap_or_else(nobody);
        Record { now, author, changes: std::mem::take(&mut self.changes) }
    }

    fn refused(ticket: Ticket, why: String) -> Work {
        Work { ticket: Some(ticket), refusal: Some(why), ..Work::default() }
    }
}

impl Machine {
    /// What an event means, as things stand now.
    pub(super) fn prepare(&mut self, event: &Event, effects: &mut Vec<Effect>) -> Work {
        match event {
            Event::Submit { ticket, author, submission } => {
                let worked_out = self
                    .keep_attempts(&submission.changes)
                    .and_then(|()| self.work_out(submission.clone()));
                match worked_out {
                    Ok((changes, then)) => Work {
                        author: Some(author.clone()),
                        changes,
                        then,
                        ticket: Some(*ticket),
                        ..Work::default()
                    },
                    Err(why) => Work::refused(*ticket, why),
                }
            }
            Event::Ask { ticket, who, request } => self.asked(*ticket, who, request),
            Event::Ended { run, ended } => match self.looks.get(*run) {
                Some(look) if look.is_answered_later => Work::default(),
                Some(look) => {
                    let of = look.goal;
                    let work = self.look_ended(*run, ended);
                    effects.extend(self.look_trouble(*run, of, &work));
                    work
                }
                None => self.action_ended(*run, ended, effects),
            },
            Event::SourceRead { relation, news } => self.source_read(*relation, news, effects),
        }
    }

    /// The changes of a submission with its looks and reports worked out.
    fn work_out(&mut self, submission: Submission) -> Result<(Vec<Change>, Vec<Input>), String> {
        let Submission { mut changes, looked, reports } = submission;
        for report in &reports {
            changes.push(self.complete(report)?);
        }
        let mut then = Vec::new();
        let mut withdrawn = Vec::new();
        for goal in 0..self.prelude.spec.goals.len() {
            let spec = &self.prelude.spec.goals[goal];
            let name = spec.goal.name.clone();
            let own = self.program.schema.find(&name).expect("a goal has a relation").id;
            let keys = keys_looked(&looked, own).into_iter().map(|row| {
                let began = self.looks.began(goal, &row).unwrap_or(Moment::MAX);
                (Key::from(row), began)
            });
            let keys: Vec<(Key, Moment)> = keys.collect();
            withdrawn.extend(self.withdrawn(goal, &keys, &changes));
            let told = keys.into_iter().map(|(key, _)| Input::Looked { goal: name.clone(), key });
            then.extend(told);
        }
        withdrawn.append(&mut changes);
        Ok((withdrawn, then))
    }

    /// Refuses changes to the attempt of an instance of which something is in flight: without its
    /// row the next one would begin beside it.
    fn keep_attempts(&mut self, changes: &[Change]) -> Result<(), String> {
        for change in changes {
            let Some(goal) = self.goal_of_attempts(change.relation()) else { continue };
            let width = goal.parameters.len();
            let keys: Vec<Row> = match change {
                Change::Insert { row, .. } => vec![row[..width].to_vec()],
                Change::Delete { relation, pattern } => {
                    let rows = self.engine.matching(*relation, pattern);
                    rows.into_iter().map(|row| row[..width].to_vec()).collect()
                }
            };
            let is_busy = |key: &&Row| !self.reconciler.is_free(&goal.name, key, self.now);
            if let Some(key) = keys.iter().find(is_busy) {
                let instance = instance(&goal.name, key);
                return Err(format!(
                    "an attempt of {instance} is in flight, and its row is the server's; report \
                     on it with an outcome and a message alone"
                ));
            }
        }
        Ok(())
    }

    fn goal_of_attempts(&self, relation: RelationId) -> Option<Goal> {
        let name = &self.program.schema.relation(relation).name;
        let goal = name.strip_suffix(".attempt")?;
        self.program.goals.iter().find(|one| one.name == goal).cloned()
    }

    /// The whole row of an attempt that somebody reports on.
    fn complete(&mut self, report: &Report) -> Result<Change, String> {
        let goal = self.program.schema.relation(report.goal).clone();
        let attempts = self.program.schema.find(&format!("{}.attempt", goal.name));
        let relation = attempts.expect("a goal has attempts").id;
        let mut rows = self.engine.rows(relation, &report.row);
        let running = Value::text(Outcome::Running.name());
        let row = rows.pop().filter(|row| row[row.len() - 2] == running);
        let Some(mut row) = row else {
            let instance = instance(&goal.name, &report.row);
            return Err(format!("no attempt is in flight for {instance}"));
        };
        let width = row.len();
        row[width - 3] = Value::Time(self.now);
        row[width - 2] = Value::text(report.outcome.name());
        row[width - 1] = Value::text(report.message.clone().unwrap_or_default());
        Ok(Change::Insert { relation, row })
    }

    /// What silence withdraws: facts that spoke for an instance when the look at it began, were
    /// not written since, and are not among these changes.
    fn withdrawn(
        &mut self,
        goal: usize,
        looked: &[(Key, Moment)],
        changes: &[Change],
    ) -> Vec<Change> {
        let mut withdrawn = Vec::new();
        for witness in &self.witnesses[goal] {
            let relation = witness.relation;
            let reported = inserted(changes, relation);
            for (key, began) in looked {
                for row in self.engine.matching(relation, &witness.pattern(key)) {
                    let is_new = self.looks.was_written_since(relation, &row, *began);
                    if !is_new && !reported.contains(&row) {
                        let pattern = row.into_iter().map(Some).collect();
                        withdrawn.push(Change::Delete { relation, pattern });
                    }
                }
            }
        }
        withdrawn
    }

    fn look_ended(&mut self, run: RunId, ended: &Ended) -> Work {
        let look = self.looks.get(run).expect("whoever calls has found it").clone();
        let goal = self.prelude.spec.goals[look.goal].goal.name.clone();
        let author = Some(Author::new(AuthorKind::Check, goal.clone()));
        let looked = match &ended.exit {
            ProcessExit::Code(0) => Looked::Answered,
            ProcessExit::Code(EX_TEMPFAIL) => Looked::Later,
            exit => Looked::Failed(said(exit, &ended.complaint)),
        };
        let failed =
            |looked| Work { then: vec![Input::LookEnded { run, looked }], ..Work::default() };
        if let Looked::Failed(_) = looked {
            return failed(looked);
        }
        // What ended because it was told to has not seen all.
        if let Some(why) = self.reconciler.stopping(run) {
            return failed(Looked::Failed(why.to_string()));
        }
        let parsed = self.parse(&goal, &ended.output).and_then(|parsed| self.work_out(parsed));
        let (changes, mut then) = match parsed {
            Ok(parsed) => parsed,
            Err(why) => return failed(Looked::Failed(why)),
        };
        let mut withdrawn = Vec::new();
        if looked == Looked::Answered {
            let keys: Vec<(Key, Moment)> =
                look.keys.iter().map(|key| (key.clone(), look.began)).collect();
            withdrawn = self.withdrawn(look.goal, &keys, &changes);
        }
        withdrawn.extend(changes);
        then.insert(0, Input::LookEnded { run, looked });
        Work { author, changes: withdrawn, then, ..Work::default() }
    }

    /// What is to be said of a look that failed, if nobody asked it to stop.
    fn look_trouble(&self, run: RunId, goal: usize, work: &Work) -> Option<Effect> {
        let Some(Input::LookEnded { looked: Looked::Failed(message), .. }) = work.then.first()
        else {
            return None;
        };
        let flights = self.reconciler.in_flight();
        let is_stopping = flights.iter().any(|one| one.run == run && one.stopping.is_some());
        let of = format!("the check of {}", self.prelude.spec.goals[goal].goal.name);
        (!is_stopping).then(|| Effect::Trouble { of, message: message.clone() })
    }

    fn action_ended(&mut self, run: RunId, ended: &Ended, effects: &mut Vec<Effect>) -> Work {
        let failed = |message| Exit::Failed(message);
        let exit = match &ended.exit {
            ProcessExit::Code(0) => Exit::Done,
            ProcessExit::Code(EX_UNAVAILABLE) => Exit::Unavailable(reason(&ended.complaint)),
            exit => failed(said(exit, &ended.complaint)),
        };
        let Some(goal) = self.reconciler.goal_of_run(run) else {
            let (of, message) = ("a command of the old rules".to_string(), "it is not used".into());
            if !ended.output.is_empty() {
                effects.push(Effect::Trouble { of, message });
            }
            return Work { then: vec![Input::ActionEnded { run, exit }], ..Work::default() };
        };
        let author = Some(Author::new(AuthorKind::Action, goal.clone()));
        let parsed = self.parse(&goal, &ended.output).and_then(|parsed| self.work_out(parsed));
        let (changes, exit, mut then) = match parsed {
            Ok((changes, then)) => (changes, exit, then),
            Err(why) => {
                let exit = ProcessExit::Failed(why);
                (Vec::new(), failed(said(&exit, &ended.complaint)), Vec::new())
            }
        };
        then.insert(0, Input::ActionEnded { run, exit });
        Work { author, changes, then, ..Work::default() }
    }

    /// What a check or an action printed.
    fn parse(&self, goal: &str, output: &[u8]) -> Result<Submission, String> {
        let own = self.program.schema.find(goal).expect("a goal has a relation").id;
        let vocabulary = vocabulary(&self.program).beside(self.prelude.prefix()).for_job(own);
        read_answer(output, &vocabulary).map_err(|bad| bad.to_string())
    }

    fn asked(&mut self, ticket: Ticket, who: &str, request: &Request) -> Work {
        let author = Some(Author::new(AuthorKind::Person, who));
        let mut work = Work { author, ticket: Some(ticket), ..Work::default() };
        match request {
            Request::Waive { goal, pattern, until, reason } => {
                let keys = self.matching(*goal, pattern);
                work.instances = keys.len();
                let relation = self.behind(*goal, "waiver");
                let row = |key: Row| {
                    let more =
                        [Value::Time(*until), Value::text(reason.as_str()), Value::text(who)];
                    Change::Insert { relation, row: key.into_iter().chain(more).collect() }
                };
                work.changes = keys.into_iter().map(row).collect();
            }
            Request::Retry { goal, pattern } => {
                let keys = self.matching(*goal, pattern);
                work.instances = keys.len();
                let relation = self.behind(*goal, "attempt");
                let name = self.program.schema.relation(*goal).name.clone();
                for key in keys {
                    // What is in flight stays so.
                    if self.reconciler.is_free(&name, &key, self.now) {
                        let pattern = key.iter().cloned().map(Some).chain([const { None }; 5]);
                        let pattern = pattern.collect();
                        work.changes.push(Change::Delete { relation, pattern });
                    }
                    work.then.push(Input::Retry { goal: name.clone(), key: Key::from(key) });
                }
            }
            Request::Pause(what) => {
                work.instances = 1;
                work.changes = vec![self.pause(Self::pausable(what), who)];
            }
            Request::Resume(what) => {
                let relation = self.prelude.paused;
                let rows = self.engine.rows(relation, &[]);
                let wanted = Self::pausable(what);
                let rows = rows
                    .into_iter()
                    .filter(|row| *what == Pausable::Everything || row.starts_with(&wanted));
                let rows: Vec<Row> = rows.collect();
                work.instances = rows.len();
                let gone = |row: Row| row.into_iter().map(Some).collect();
                work.changes = rows
                    .into_iter()
                    .map(|row| Change::Delete { relation, pattern: gone(row) })
                    .collect();
            }
        }
        work
    }

    fn behind(&self, goal: RelationId, name: &str) -> RelationId {
        let goal = &self.program.schema.relation(goal).name;
        self.program.schema.find(&format!("{goal}.{name}")).expect("every goal has it").id
    }

    /// The missing instances that a pattern describes.
    pub fn matching(&mut self, goal: RelationId, pattern: &[Option<Value>]) -> Vec<Row> {
        let missing = self.behind(goal, "missing");
        self.engine.matching(missing, pattern)
    }

    /// What a pause is of: `goal` or `pool` and its name, or everything.
    fn pausable(what: &Pausable) -> [Value; 2] {
        let (what, name) = match what {
            Pausable::Goal(name) => ("goal", name.as_str()),
            Pausable::Pool(name) => ("pool", name.as_str()),
            // Goals that new rules bring, too.
            Pausable::Everything => ("everything", ""),
        };
        [Value::text(what), Value::text(name)]
    }

    fn pause(&self, [what, name]: [Value; 2], who: &str) -> Change {
        let row = vec![what, name, Value::Time(self.now), Value::text(who)];
        Change::Insert { relation: self.prelude.paused, row }
    }
}

/// An instance as people write it.
pub(super) fn instance(goal: &str, key: &[Value]) -> String {
    let values: Vec<String> = key.iter().map(ToString::to_string).collect();
    format!("{goal}({})", values.join(", "))
}

fn reason(complaint: &str) -> String {
    match last_line(complaint) {
        Some(line) => line.to_string(),
        None => "the action said that it can never succeed".to_string(),
    }
}

/// How a command that failed ended, in one line of words, and below it all that it wrote to
/// standard error, where that is more.
fn said(exit: &ProcessExit, complaint: &str) -> String {
    let how = match exit {
        ProcessExit::Code(code) => format!("exit {code}"),
        ProcessExit::Signal(signal) => format!("ended by {signal}"),
        ProcessExit::Failed(why) => why.clone(),
    };
    let complaint = complaint.trim();
    match last_line(complaint) {
        None => how,
        Some(line) if line.len() == complaint.len() => format!("{how}: {line}"),
        Some(line) => format!("{how}: {line}\n{complaint}"),
    }
}

/// The last line that says something.
fn last_line(complaint: &str) -> Option<&str> {
    complaint.lines().rev().map(str::trim).find(|line| !line.is_empty())
}
