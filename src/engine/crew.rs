//! The workers of an engine: one on the caller's own thread, the others each on theirs, or each in
//! a process of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;
use crate::model::RelationId;
use crate::plan::Plan;

use super::census::Census;
use super::code::Surroundings;
use super::dictionary::Dictionary;
use super::lane::{Lane, Outcome, Step};
use super::lost::Lost;
use super::post::PostBuilder;
use super::profile::Profile;
use super::profiler::Stopwatch;
use super::question::Question;
use super::remote;
use super::words::Words;

/// Who does the work of an engine.
#[derive(Clone, Debug)]
pub enum Workers {
    /// So many threads of this process.
    Threads(usize),
    /// This process and all members of a cluster.
    Cluster(Arc<Cluster>),
}

impl From<usize> for Workers {
    fn from(threads: usize) -> Workers {
        Workers::Threads(threads)
    }
}

/// All workers.
pub struct Crew {
    workers: Workers,
    plan: Arc<Plan>,
    around: Surroundings,
    rounds_max: u32,
    /// Always there, but while all come together.
    own: Option<Lane>,
    others: Vec<Other>,
}

/// A worker on another thread, or in another process.
pub struct Other {
    pub orders: Option<Sender<Order>>,
    pub reports: Receiver<Report>,
    /// Of this process, if it is.
    pub thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    Step(Step),
    Rows(RelationId, Question),
    Count(Census),
    /// Words that are not in this census are no longer those of the same texts.
    Forget(Census),
    /// A function is not to be sent: only threads are measured.
    #[serde(skip)]
    Measure(Stopwatch),
    Profile,
}

#[derive(Debug, Serialize, Deserialize)]
pub enum Report {
    /// The operators stand.
    Ready,
    Outcome(Outcome),
    Rows(Vec<Words>),
    Count(Census),
    #[serde(skip)]
    Profile(Box<Profile>),
}

impl Crew {
    /// Starts the workers on a plan, and waits until each has built its operators.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(plan: &Arc<Plan>, around: &Surroundings, workers: Workers, rounds_max: u32) -> Crew {
        let (plan, around) = (plan.clone(), around.clone());
        let mut crew = Crew { workers, plan, around, rounds_max, own: None, others: Vec::new() };
        crew.renew();
        crew
    }

    /// Whether workers can be lost, so that the others have to start again with nothing.
    pub fn can_be_lost(&self) -> bool {
        matches!(self.workers, Workers::Cluster(_))
    }

    /// Starts all workers anew, with nothing in them, and waits for those that are away.
    pub fn renew(&mut self) {
        loop {
            self.others.clear();
            // What is left of the connections to one that is gone may say so once more.
            let _ = Lost::catch(|| drop(self.own.take()));
            if self.start().is_ok() {
                return;
            }
        }
    }

    fn start(&mut self) -> Result<(), Lost> {
        let (post, others) = match &self.workers {
            Workers::Threads(threads) => self.start_threads(*threads),
            Workers::Cluster(cluster) => {
                remote::gather(cluster, &self.plan, &self.around.dictionary, self.rounds_max)?
            }
        };
        self.others = others;
        let (plan, around) = (self.plan.clone(), self.around.clone());
        let own = Lost::catch(|| Lane::new(post.build(), plan, around, self.rounds_max))?;
        self.own = Some(own);
        self.gather(|report| matches!(report, Report::Ready).then_some(()))?;
        Ok(())
    }

    fn start_threads(&self, threads: usize) -> (PostBuilder, Vec<Other>) {
        assert!(threads > 0, "an engine has at least one worker");
        let mut posts = PostBuilder::between(threads).into_iter();
        let first = posts.next().expect("one post for each worker");
        let others = posts.map(|post| {
            let (orders, incoming) = channel();
            let (outgoing, reports) = channel();
            let (plan, around) = (self.plan.clone(), self.around.clone());
            let rounds_max = self.rounds_max;
            let thread = std::thread::spawn(move || {
                let dictionary = around.dictionary.clone();
                let lane = Lane::new(post.build(), plan, around, rounds_max);
                serve(lane, &incoming, &outgoing, &dictionary);
            });
            Other { orders: Some(orders), reports, thread: Some(thread) }
        });
        (first, others.collect())
    }

    /// Applies a step, its changes spread over the workers, and gathers what came of it.
    ///
    /// # Errors
    /// If one that can be lost is: the others are of no use then, until they are made anew.
    pub fn step(&mut self, step: Step) -> Result<Vec<Outcome>, Lost> {
        let now = step.now;
        let mut changes = step.changes;
        for (at, other) in self.others.iter().enumerate() {
            let rest = self.others.len() + 1 - at;
            let parts = changes.iter_mut().map(|(relation, rows)| {
                let share = rows.len() / rest;
                (*relation, rows.split_off(rows.len() - share))
            });
            self.order(other, Order::Step(Step { now, changes: parts.collect() }))?;
        }
        let own = self.own.as_mut().expect("all are together");
        let mut outcomes = vec![Lost::catch(|| own.step(Step { now, changes }))?];
        outcomes.extend(self.gather(|report| match report {
            Report::Outcome(outcome) => Some(outcome),
            Report::Ready | Report::Rows(_) | Report::Count(_) | Report::Profile(_) => None,
        })?);
        Ok(outcomes)
    }

    /// The rows of a relation that are asked for, of each worker the first, in no order.
    ///
    /// # Errors
    /// As [`step`](Crew::step).
    pub fn rows(&self, relation: RelationId, question: &Question) -> Result<Vec<Words>, Lost> {
        for other in &self.others {
            self.order(other, Order::Rows(relation, question.clone()))?;
        }
        let mut rows = self.own().rows(relation, question);
        let more = self.gather(|report| match report {
            Report::Rows(rows) => Some(rows),
            Report::Ready | Report::Outcome(_) | Report::Count(_) | Report::Profile(_) => None,
        })?;
        rows.extend(more.into_iter().flatten());
        Ok(rows)
    }

    /// Counts the words of all rows that the workers keep.
    ///
    /// # Errors
    /// As [`step`](Crew::step).
    pub fn count(&self, census: &mut Census) -> Result<(), Lost> {
        for other in &self.others {
            self.order(other, Order::Count(census.clone()))?;
        }
        self.own().count(census);
        let counted = self.gather(|report| match report {
            Report::Count(census) => Some(census),
            Report::Ready | Report::Outcome(_) | Report::Rows(_) | Report::Profile(_) => None,
        })?;
        counted.iter().for_each(|other| census.merge(other));
        Ok(())
    }

    /// Tells those that remember words by themselves which ones are in use.
    pub fn forget(&self, census: &Census) {
        if self.can_be_lost() {
            for other in &self.others {
                // One that is lost remembers nothing.
                let _ = self.order(other, Order::Forget(census.clone()));
            }
        }
    }

    /// Measures all operators from now on; all of this process.
    pub fn measure(&self, stopwatch: Stopwatch) {
        for other in &self.others {
            self.order(other, Order::Measure(stopwatch)).expect("threads are not lost");
        }
        self.own().measure(stopwatch);
    }

    /// What the operators of all workers have cost since they are measured.
    pub fn profile(&self) -> Profile {
        for other in &self.others {
            self.order(other, Order::Profile).expect("threads are not lost");
        }
        let mut profile = self.own().profile();
        let more = self.gather(|report| match report {
            Report::Profile(profile) => Some(profile),
            Report::Ready | Report::Outcome(_) | Report::Rows(_) | Report::Count(_) => None,
        });
        more.expect("threads are not lost").iter().for_each(|other| profile.merge(other));
        profile
    }

    fn own(&self) -> &Lane {
        self.own.as_ref().expect("all are together")
    }

    fn order(&self, other: &Other, order: Order) -> Result<(), Lost> {
        let orders = other.orders.as_ref().expect("workers take orders until they are dropped");
        orders.send(order).map_err(|_| self.lost())
    }

    /// What every other worker answers to the order that it was given.
    fn gather<R>(&self, expected: impl Fn(Report) -> Option<R>) -> Result<Vec<R>, Lost> {
        let reports = self.others.iter().map(|other| other.reports.recv());
        reports
            .map(|report| {
                let report = report.map_err(|_| self.lost())?;
                Ok(expected(report).expect("reports come in the order of orders"))
            })
            .collect()
    }

    /// A worker does not answer.
    ///
    /// # Panics
    /// If it is of this process: then it has panicked, and has said so itself.
    fn lost(&self) -> Lost {
        assert!(self.can_be_lost(), "workers run until they are dropped");
        Lost
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        for other in &mut self.others {
            other.orders = None;
        }
        // Where this one panicked within a step, the others wait for its rows.
        if std::thread::panicking() {
            return;
        }
        let _ = Lost::catch(|| drop(self.own.take()));
        for thread in self.others.iter_mut().filter_map(|other| other.thread.take()) {
            // A worker that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

/// Does what a lane is told, until nobody tells it anything.
pub fn serve(
    mut lane: Lane,
    orders: &Receiver<Order>,
    reports: &Sender<Report>,
    dictionary: &Dictionary,
) {
    let mut report = Some(Report::Ready);
    loop {
        if report.is_some_and(|report| reports.send(report).is_err()) {
            return;
        }
        let Ok(order) = orders.recv() else { return };
        report = match order {
            Order::Step(step) => Some(Report::Outcome(lane.step(step))),
            Order::Rows(relation, question) => Some(Report::Rows(lane.rows(relation, &question))),
            Order::Count(mut census) => {
                lane.count(&mut census);
                Some(Report::Count(census))
            }
            Order::Forget(census) => {
                dictionary.forget_unseen(&census);
                None
            }
            Order::Measure(stopwatch) => {
                lane.measure(stopwatch);
                None
            }
            Order::Profile => Some(Report::Profile(Box::new(lane.profile()))),
        };
    }
}
