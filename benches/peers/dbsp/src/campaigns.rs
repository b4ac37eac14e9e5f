//! The campaigns job: the same relations that are watched elsewhere, and all that they hang on.

use dbsp::SchedulerError;
use dbsp::utils::Tup2;
use harness::campaigns::{Job, SIZES, STEPS, Size, has_file, is_done, measure_job, report};
use harness::{Fact, Report};

use super::session::{Dbsp, Ports, Rows};
use super::sets::{within, without};

type Pair = Tup2<i32, i32>;

/// The inputs that are given something, by their places in [`render`].
const CAMPAIGN: usize = 0;
const DAY: usize = 1;
const RESULTS_OK: usize = 2;
const CSV_OK: usize = 3;
const DEPENDENCY_OK: usize = 4;

struct Campaigns {
    engine: Dbsp,
    days: u32,
}

pub fn measure(size_name: &str) -> Report {
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == size_name).expect("a size");
    let mut job = Campaigns { engine: Dbsp::new("campaigns"), days: 0 };
    report(&measure_job(&mut job, size, STEPS), STEPS)
}

pub fn render(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let campaigns = ports.keyed(|[c, ..]| ((), c));
    let days = ports.keyed(|[d, ..]| ((), d));
    let [results_ok, csv_ok] = [(); 2].map(|()| pairs(ports));
    let dependency_ok = ports.rows(|[d, ..]| d);
    let [results_accepted, results_running, results_says_gone, results_resting] =
        [(); 4].map(|()| pairs(ports));
    let [csv_accepted, csv_running, csv_says_gone, csv_resting] = [(); 4].map(|()| pairs(ports));
    let [dependency_accepted, dependency_says_gone] = [(); 2].map(|()| ports.rows(|[d, ..]| d));

    let expected = campaigns.join(&days, |(), c, d| Tup2(*c, *d));
    let missing = without(&without(&expected, &results_ok), &results_accepted);
    let csv_missing = without(&without(&missing, &csv_ok), &csv_accepted);
    let by_day = missing.map_index(|Tup2(c, d)| (*d, *c));
    let dependency_expected = missing.map(|Tup2(_, d)| *d).distinct();
    let dependency_missing =
        without(&without(&dependency_expected, &dependency_ok), &dependency_accepted);
    let dependency_gone = within(&dependency_missing, &dependency_says_gone);
    let csv_gone = within(&csv_missing, &csv_says_gone);

    let on_day = |days: &Rows<i32>| -> Rows<Pair> {
        by_day.join_generic(days, |d, c, ()| Some((Tup2(*c, *d), ())))
    };
    let blocked = on_day(&dependency_missing).plus(&within(&missing, &csv_missing)).distinct();
    let gone = on_day(&dependency_gone)
        .sum([&within(&missing, &csv_gone), &within(&missing, &results_says_gone)])
        .distinct();
    let failing = [blocked, gone, results_running, results_resting];
    let ready = failing.iter().fold(missing.clone(), |rows, of| without(&rows, of));
    let failing = [csv_gone, csv_running, csv_resting];
    let csv_ready = failing.iter().fold(csv_missing.clone(), |rows, of| without(&rows, of));

    for rows in [missing, ready, csv_missing, csv_ready] {
        ports.output(&rows, |Tup2(c, d), ()| [c, d, 0]);
    }
    ports.output(&dependency_missing, |d, ()| [d, 0, 0]);
    Ok(())
}

fn pairs(ports: &mut Ports<'_>) -> Rows<Pair> {
    ports.rows(|[c, d, _]| Tup2(c, d))
}

fn pair((c, d): (u32, u32)) -> Fact {
    [c as i32, d as i32, 0]
}

fn single(n: u32) -> Fact {
    [n as i32, 0, 0]
}

impl Campaigns {
    fn insert(&self, input: usize, facts: impl Iterator<Item = Fact>) {
        self.engine.stage(input, &mut facts.map(|fact| (fact, 1)))();
    }

    fn commit(&mut self) -> usize {
        let mut rows = 0;
        self.engine.step();
        self.engine.take_answers(&mut |_, _, _| rows += 1);
        rows
    }
}

impl Job for Campaigns {
    fn load_facts(&mut self, size: Size) {
        let all = || (0..size.campaigns).flat_map(|c| (0..size.days).map(move |d| (c, d)));
        self.insert(RESULTS_OK, all().filter(|(c, d)| is_done(*c, *d)).map(pair));
        self.insert(CSV_OK, all().filter(|(c, d)| has_file(*c, *d)).map(pair));
        self.insert(DEPENDENCY_OK, (0..size.days).map(single));
        self.commit();
    }

    fn expect(&mut self, size: Size) -> usize {
        self.days = size.days;
        self.insert(CAMPAIGN, (0..size.campaigns).map(single));
        self.insert(DAY, (0..size.days).map(single));
        self.commit()
    }

    fn change(&mut self, results: &[(u32, u32)], are_there: bool) -> usize {
        let weight = if are_there { 1 } else { -1 };
        let facts = results.iter().map(|result| (pair(*result), weight));
        self.engine.stage(RESULTS_OK, &mut facts.into_iter())();
        self.commit()
    }

    fn add_campaign(&mut self, campaign: u32) -> usize {
        self.insert(CAMPAIGN, std::iter::once(single(campaign)));
        self.commit()
    }

    fn grow_to(&mut self, days: u32) -> usize {
        self.insert(DAY, (self.days..days).map(single));
        self.days = days;
        self.commit()
    }
}
