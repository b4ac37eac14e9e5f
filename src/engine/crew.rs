//! The workers of an engine: one on the caller's own thread, the others each on theirs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::model::RelationId;
use crate::plan::Plan;

use super::census::Census;
use super::code::Surroundings;
use super::lane::{Lane, Outcome, Step};
use super::post::PostBuilder;
use super::profile::Profile;
use super::profiler::Stopwatch;
use super::question::Question;
use super::words::Words;

/// All workers.
pub struct Crew {
    own: Lane,
    others: Vec<Other>,
}

/// A worker on another thread.
struct Other {
    orders: Option<Sender<Order>>,
    outcomes: Receiver<Report>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Step(Step),
    Rows(RelationId, Question),
    Count(Census),
    Measure(Stopwatch),
    Profile,
}

enum Report {
    /// The operators stand.
    Ready,
    Outcome(Outcome),
    Rows(Vec<Words>),
    Count(Census),
    Profile(Box<Profile>),
}

impl Crew {
    /// Starts so many workers on a plan, and waits until each has built its operators.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(plan: &Arc<Plan>, around: &Surroundings, workers: usize, rounds_max: u32) -> Crew {
        assert!(workers > 0, "an engine has at least one worker");
        let mut posts = PostBuilder::between(workers).into_iter();
        let first = posts.next().expect("one post for each worker");
        let others: Vec<Other> = posts
            .map(|post| {
                let (orders, incoming) = channel();
                let (outgoing, outcomes) = channel();
                let (plan, around) = (plan.clone(), around.clone());
                let thread = std::thread::spawn(move || {
                    let lane = Lane::new(post.build(), plan, around, rounds_max);
                    if outgoing.send(Report::Ready).is_ok() {
                        serve(lane, &incoming, &outgoing);
                    }
                });
                Other { orders: Some(orders), outcomes, thread: Some(thread) }
            })
            .collect();
        let own = Lane::new(first.build(), plan.clone(), around.clone(), rounds_max);
        let crew = Crew { own, others };
        crew.gather(|report| matches!(report, Report::Ready).then_some(()));
        crew
    }

    /// Applies a step, its changes spread over the workers, and gathers what came of it.
    pub fn step(&mut self, step: Step) -> Vec<Outcome> {
        let now = step.now;
        let mut changes = step.changes;
        for (at, other) in self.others.iter().enumerate() {
            let rest = self.others.len() + 1 - at;
            let parts = changes.iter_mut().map(|(relation, rows)| {
                let share = rows.len() / rest;
                (*relation, rows.split_off(rows.len() - share))
            });
            other.order(Order::Step(Step { now, changes: parts.collect() }));
        }
        let mut outcomes = vec![self.own.step(Step { now, changes })];
        outcomes.extend(self.gather(|report| match report {
            Report::Outcome(outcome) => Some(outcome),
            Report::Ready | Report::Rows(_) | Report::Count(_) | Report::Profile(_) => None,
        }));
        outcomes
    }

    /// The rows of a relation that are asked for, of each worker the first, in no order.
    pub fn rows(&mut self, relation: RelationId, question: &Question) -> Vec<Words> {
        for other in &self.others {
            other.order(Order::Rows(relation, question.clone()));
        }
        let mut rows = self.own.rows(relation, question);
        let more = self.gather(|report| match report {
            Report::Rows(rows) => Some(rows),
            Report::Ready | Report::Outcome(_) | Report::Count(_) | Report::Profile(_) => None,
        });
        rows.extend(more.into_iter().flatten());
        rows
    }

    /// Counts the words of all rows that the workers keep.
    pub fn count(&self, census: &mut Census) {
        for other in &self.others {
            other.order(Order::Count(census.clone()));
        }
        self.own.count(census);
        let counted = self.gather(|report| match report {
            Report::Count(census) => Some(census),
            Report::Ready | Report::Outcome(_) | Report::Rows(_) | Report::Profile(_) => None,
        });
        counted.iter().for_each(|other| census.merge(other));
    }

    /// Measures all operators from now on.
    pub fn measure(&self, stopwatch: Stopwatch) {
        self.others.iter().for_each(|other| other.order(Order::Measure(stopwatch)));
        self.own.measure(stopwatch);
    }

    /// What the operators of all workers have cost since they are measured.
    pub fn profile(&self) -> Profile {
        self.others.iter().for_each(|other| other.order(Order::Profile));
        let mut profile = self.own.profile();
        let more = self.gather(|report| match report {
            Report::Profile(profile) => Some(profile),
            Report::Ready | Report::Outcome(_) | Report::Rows(_) | Report::Count(_) => None,
        });
        more.iter().for_each(|other| profile.merge(other));
        profile
    }

    /// What every other worker answers to the order that it was given.
    fn gather<R>(&self, expected: impl Fn(Report) -> Option<R>) -> Vec<R> {
        let reports = self.others.iter().map(Other::report);
        reports
            .map(|report| expected(report).expect("reports come in the order of orders"))
            .collect()
    }
}

impl Other {
    fn order(&self, order: Order) {
        let orders = self.orders.as_ref().expect("workers take orders until they are dropped");
        orders.send(order).expect("workers run until they are dropped");
    }

    fn report(&self) -> Report {
        self.outcomes.recv().expect("workers answer every order")
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
        for thread in self.others.iter_mut().filter_map(|other| other.thread.take()) {
            // A worker that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

fn serve(mut lane: Lane, orders: &Receiver<Order>, reports: &Sender<Report>) {
    while let Ok(order) = orders.recv() {
        let report = match order {
            Order::Step(step) => Report::Outcome(lane.step(step)),
            Order::Rows(relation, question) => Report::Rows(lane.rows(relation, &question)),
            Order::Count(mut census) => {
                lane.count(&mut census);
                Report::Count(census)
            }
            Order::Measure(stopwatch) => {
                lane.measure(stopwatch);
                continue;
            }
            Order::Profile => Report::Profile(Box::new(lane.profile())),
        };
        if reports.send(report).is_err() {
            return;
        }
    }
}
