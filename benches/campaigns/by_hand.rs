//! The job as somebody who knows differential dataflow writes it for these three goals alone:
//! plain tuples, shared arrangements, the states that are watched and what they need.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::VecCollection;
use differential_dataflow::input::{Input, InputSession};
use differential_dataflow::operators::ThresholdTotal;
use timely::dataflow::operators::probe::Handle;
use timely::worker::Worker;

use super::job::{Job, Size, has_file, is_done};

type Key = (u32, u32);
type Rows<'s, D> = VecCollection<'s, u64, D, isize>;
/// By the watched relation, the row, and how often it came.
type Changes = Rc<RefCell<Vec<(u8, Key, isize)>>>;

pub struct ByHand<'w> {
    worker: &'w mut Worker,
    campaign: InputSession<u64, u32, isize>,
    day: InputSession<u64, u32, isize>,
    results_ok: InputSession<u64, Key, isize>,
    csv_ok: InputSession<u64, Key, isize>,
    dependency_ok: InputSession<u64, u32, isize>,
    /// Per goal what attempts and waivers say: accepted, running, gone, resting.
    states: Vec<InputSession<u64, Key, isize>>,
    dependency_states: Vec<InputSession<u64, u32, isize>>,
    days: u32,
    changes: Changes,
    probe: Handle<u64>,
    epoch: u64,
}

/// Runs the job on a worker of its own.
pub fn with_job<R: Send + 'static>(
    work: impl FnOnce(&mut ByHand<'_>) -> R + Send + Sync + 'static,
) -> R {
    timely::execute_directly(move |worker| work(&mut ByHand::new(worker)))
}

impl<'w> ByHand<'w> {
    fn new(worker: &'w mut Worker) -> ByHand<'w> {
        let probe = Handle::new();
        let changes = Rc::new(RefCell::new(Vec::new()));
        let (watch, watched) = (probe.clone(), changes.clone());
        let (campaign, day, results_ok, csv_ok, dependency_ok, states, dependency_states) =
            worker.dataflow::<u64, _, _>(move |scope| {
                let (campaign_in, campaign) = scope.new_collection::<u32, isize>();
                let (day_in, day) = scope.new_collection::<u32, isize>();
                let (results_in, results_ok) = scope.new_collection::<Key, isize>();
                let (csv_in, csv_ok) = scope.new_collection::<Key, isize>();
                let (dependency_in, dependency_ok) = scope.new_collection::<u32, isize>();
                let mut states_in = Vec::new();
                let mut state = || {
                    let (session, rows) = scope.new_collection::<Key, isize>();
                    states_in.push(session);
                    rows
                };
                let [results, csv] = [0, 1].map(|_| [state(), state(), state(), state()]);
                let (accepted_in, dependency_accepted) = scope.new_collection::<u32, isize>();
                let (gone_in, dependency_gone) = scope.new_collection::<u32, isize>();

                let [results_accepted, results_running, results_gone, results_resting] = results;
                let [csv_accepted, csv_running, csv_gone, csv_resting] = csv;
                let expected = campaign
                    .map(|c| ((), c))
                    .arrange_by_key()
                    .join_core(day.map(|d| ((), d)).arrange_by_key(), |(), c, d| Some((*c, *d)));
                let missing = without(without(expected, results_ok), results_accepted);
                let csv_missing = without(without(missing.clone(), csv_ok), csv_accepted);
                let by_day = missing.clone().map(|(c, d)| (d, c)).arrange_by_key();
                let dependency_expected = missing.clone().map(|(_, d)| d).distinct_total();
                let dependency_missing =
                    without(without(dependency_expected, dependency_ok), dependency_accepted);
                let dependency_gone = within(dependency_missing.clone(), dependency_gone);
                let csv_gone = within(csv_missing.clone(), csv_gone);
                let blocked = by_day
                    .clone()
                    .join_core(dependency_missing.clone().arrange_by_self(), on_day)
                    .concat(within(missing.clone(), csv_missing.clone()))
                    .distinct_total();
                let gone = by_day
                    .join_core(dependency_gone.arrange_by_self(), on_day)
                    .concat(within(missing.clone(), csv_gone.clone()))
                    .concat(within(missing.clone(), results_gone))
                    .distinct_total();
                let failing = [blocked, gone, results_running, results_resting];
                let ready = failing.into_iter().fold(missing.clone(), without);
                let failing = [csv_gone, csv_running, csv_resting];
                let csv_ready = failing.into_iter().fold(csv_missing.clone(), without);
                let outputs =
                    [missing, ready, csv_missing, csv_ready, dependency_missing.map(|d| (0, d))];
                collect(outputs, &watched, &watch);
                let days_in = vec![accepted_in, gone_in];
                (campaign_in, day_in, results_in, csv_in, dependency_in, states_in, days_in)
            });
        ByHand {
            worker,
            campaign,
            day,
            results_ok,
            csv_ok,
            dependency_ok,
            states,
            dependency_states,
            days: 0,
            changes,
            probe,
            epoch: 0,
        }
    }

    fn step(&mut self) -> usize {
        self.epoch += 1;
        let epoch = self.epoch;
        let keyed = [&mut self.results_ok, &mut self.csv_ok].into_iter().chain(&mut self.states);
        keyed.for_each(|session| advance(session, epoch));
        let single = [&mut self.campaign, &mut self.day, &mut self.dependency_ok];
        single
            .into_iter()
            .chain(&mut self.dependency_states)
            .for_each(|session| advance(session, epoch));
        let probe = &self.probe;
        self.worker.step_while(|| probe.less_than(&epoch));
        let mut changes = std::mem::take(&mut *self.changes.borrow_mut());
        changes.sort_unstable();
        changes.dedup_by(|next, first| {
            let same = (next.0, next.1) == (first.0, first.1);
            if same {
                first.2 += next.2;
            }
            same
        });
        changes.iter().filter(|(_, _, n)| *n != 0).count()
    }
}

impl Job for ByHand<'_> {
    fn load_facts(&mut self, size: Size) {
        for c in 0..size.campaigns {
            for d in 0..size.days {
                if is_done(c, d) {
                    self.results_ok.insert((c, d));
                }
                if has_file(c, d) {
                    self.csv_ok.insert((c, d));
                }
            }
        }
        (0..size.days).for_each(|d| self.dependency_ok.insert(d));
        self.step();
    }

    fn expect(&mut self, size: Size) -> usize {
        (0..size.campaigns).for_each(|c| self.campaign.insert(c));
        (0..size.days).for_each(|d| self.day.insert(d));
        self.days = size.days;
        self.step()
    }

    fn change(&mut self, results: &[(u32, u32)], are_there: bool) -> usize {
        let count = if are_there { 1 } else { -1 };
        results.iter().for_each(|result| self.results_ok.update(*result, count));
        self.step()
    }

    fn add_campaign(&mut self, campaign: u32) -> usize {
        self.campaign.insert(campaign);
        self.step()
    }

    fn grow_to(&mut self, days: u32) -> usize {
        (self.days..days).for_each(|d| self.day.insert(d));
        self.days = days;
        self.step()
    }
}

fn advance<D: differential_dataflow::ExchangeData>(
    session: &mut InputSession<u64, D, isize>,
    epoch: u64,
) {
    session.advance_to(epoch);
    session.flush();
}

fn on_day(day: &u32, campaign: &u32, (): &()) -> Option<Key> {
    Some((*campaign, *day))
}

fn within<'s, D>(rows: Rows<'s, D>, of: Rows<'s, D>) -> Rows<'s, D>
where
    D: differential_dataflow::ExchangeData + std::hash::Hash,
{
    rows.arrange_by_self().join_core(of.arrange_by_self(), |row, (), ()| Some(row.clone()))
}

fn without<'s, D>(rows: Rows<'s, D>, of: Rows<'s, D>) -> Rows<'s, D>
where
    D: differential_dataflow::ExchangeData + std::hash::Hash,
{
    rows.clone().concat(within(rows, of).negate())
}

/// Keeps what changes in each of the outputs.
fn collect<const N: usize>(outputs: [Rows<'_, Key>; N], changes: &Changes, probe: &Handle<u64>) {
    for (tag, rows) in (0..).zip(outputs) {
        let changes = changes.clone();
        rows.inspect(move |(row, _, n)| changes.borrow_mut().push((tag, *row, *n)))
            .probe_with(probe);
    }
}
