//! Commands that run in the world: looks, actions, and how they are stopped.

use std::collections::BTreeSet;

use owed::model::{Duration, RelationId};
use owed::program::{Expr, HeadTerm, Literal, Term};
use owed::reconcile::{Key, RunId, Start};
use owed::runtime::ProcessExit;

use super::manners::{ActionEnd, CheckManner};
use super::stage::{Happening, Job, Stage, instance};

impl Stage {
    pub(super) fn look(&mut self, run: RunId, goal: &str, keys: Vec<Key>) {
        if self.shows_looks {
            let names = self.names(goal, &keys);
            let shown = if names.len() > 3 {
                format!("{} of {goal}", names.len())
            } else {
                names.join(", ")
            };
            self.note(&format!("look at {shown}"));
        }
        let manner = self.checks.get(goal).cloned().unwrap_or(CheckManner::Honest);
        let seen = self.seen(goal, &keys);
        let (exit, output, complaint) = match &manner {
            CheckManner::Honest => (0, seen.join("\n"), String::new()),
            CheckManner::Later(_) => (75, String::new(), String::new()),
            CheckManner::Exit(code, complaint) => (*code, seen.join("\n"), complaint.clone()),
            CheckManner::Hangs | CheckManner::Floods => (0, seen.join("\n"), String::new()),
            CheckManner::GivesUp => (0, String::new(), String::new()),
            CheckManner::Prints(text) => (0, text.clone(), String::new()),
        };
        if let CheckManner::Later(delay) = manner {
            let looked = keys.iter().map(|key| format!("looked {}", instance(goal, key)));
            let lines = seen.into_iter().chain(looked).collect();
            self.after(delay, Happening::Tell(lines));
        }
        let job = Job {
            goal: goal.to_string(),
            keys,
            is_action: false,
            numbers: Vec::new(),
            exit: match manner {
                CheckManner::Floods => {
                    ProcessExit::Failed("it printed too much, and was killed".to_string())
                }
                _ => ProcessExit::Code(exit),
            },
            complaint,
            output,
            makes: Vec::new(),
            stops_when_asked: true,
            gives_up: manner == CheckManner::GivesUp,
        };
        self.running.insert(run, job);
        if !matches!(manner, CheckManner::Hangs | CheckManner::GivesUp) {
            self.after(LOOK_TAKES, Happening::End(run));
        }
    }

    /// What an honest check says of instances: the facts that their `ok` rests on.
    pub fn seen(&self, goal: &str, keys: &[Key]) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let wanted: BTreeSet<&Key> = keys.iter().collect();
        let width = keys.first().map_or(0, |key| key.len());
        for (relation, columns) in self.witnesses(goal) {
            let place = |parameter: usize| columns.iter().position(|at| *at == Some(parameter));
            let places: Option<Vec<usize>> = (0..width).map(place).collect();
            for (_, row) in self.truth.iter().filter(|(id, _)| *id == relation) {
                let speaks = match &places {
                    Some(places) => {
                        let key: Key = places.iter().map(|at| row[*at].clone()).collect();
                        wanted.contains(&key)
                    }
                    None => true,
                };
                if speaks {
                    seen.insert(format!("+{}", instance(self.name(relation), row)));
                }
            }
        }
        seen.into_iter().collect()
    }

    /// The relations that a goal's `ok` reads, with the parameters in their columns.
    fn witnesses(&self, goal: &str) -> Vec<(RelationId, Vec<Option<usize>>)> {
        let program = &self.loaded.program;
        let ok = program.schema.find(&format!("{goal}.ok")).map(|ok| ok.id);
        let rules = program.rules.iter().filter(|rule| Some(rule.head.relation) == ok);
        let mut found = Vec::new();
        for rule in rules {
            let parameter = |term: &Term| {
                rule.head.terms.iter().position(|head| match (head, term) {
                    (HeadTerm::Value(Expr::Variable(one)), Term::Variable(other)) => one == other,
                    _ => false,
                })
            };
            for literal in &rule.body {
                let Literal::Atom(atom) = literal else { continue };
                if program.schema.relation(atom.relation).is_written_by_feeds() && !atom.negated {
                    found.push((atom.relation, atom.terms.iter().map(parameter).collect()));
                }
            }
        }
        found
    }

    pub(super) fn act(&mut self, run: RunId, goal: &str, starts: &[Start]) {
        self.acts += 1;
        let keys: Vec<Key> = starts.iter().map(|start| start.key.clone()).collect();
        let named = self.names(goal, &keys);
        let numbered = named.iter().zip(starts);
        let numbered: Vec<String> =
            numbered.map(|(name, start)| format!("{name} #{}", start.number)).collect();
        self.note(&format!("act: {}", numbered.join(", ")));
        for key in &keys {
            let twice = self
                .running
                .values()
                .find(|job| job.is_action && job.goal == goal && job.keys.contains(key));
            assert!(twice.is_none(), "two attempts at once for {}", instance(goal, key));
        }
        let manner = self.actions.get(goal).cloned().unwrap_or_default();
        let makes = manner.makes.iter().flat_map(|template| {
            keys.iter().map(|key| self.fact(&self.fill(template, goal, key))).collect::<Vec<_>>()
        });
        let makes = makes.collect();
        let (code, complaint) = match &manner.end {
            ActionEnd::Exit(code, complaint) => (*code, complaint.clone()),
            ActionEnd::Hangs | ActionEnd::HangsOn | ActionEnd::GivesUp => (0, String::new()),
        };
        let prints = keys.first().map(|key| self.fill(&manner.prints, goal, key));
        let job = Job {
            goal: goal.to_string(),
            numbers: starts.iter().map(|start| start.number).collect(),
            keys,
            is_action: true,
            exit: ProcessExit::Code(code),
            complaint,
            output: prints.unwrap_or_default(),
            makes,
            stops_when_asked: manner.end != ActionEnd::HangsOn,
            gives_up: manner.end == ActionEnd::GivesUp,
        };
        self.running.insert(run, job);
        if let ActionEnd::Exit(..) = manner.end {
            self.after(manner.takes, Happening::End(run));
        }
    }

    pub(super) fn stop(&mut self, run: RunId, why: &str) {
        let Some(job) = self.running.get_mut(&run) else { return };
        let delay = if job.stops_when_asked { Duration::ZERO } else { KILLED_AFTER };
        job.exit = match (job.gives_up, job.stops_when_asked) {
            (true, _) => ProcessExit::Code(0),
            (false, true) => ProcessExit::Signal("SIGTERM".to_string()),
            (false, false) => ProcessExit::Signal("SIGKILL".to_string()),
        };
        (job.output, job.makes) = (String::new(), Vec::new());
        let names = {
            let job = job.clone();
            self.names(&job.goal, &job.keys)
        };
        self.note(&format!("stop {}: {why}", names.join(", ")));
        self.after(delay, Happening::End(run));
    }
}

const LOOK_TAKES: Duration = Duration::from_micros(1_000_000);
const KILLED_AFTER: Duration = Duration::from_micros(10_000_000);
