//! The campaigns job: the same relations that are watched elsewhere, and all that they hang on.

use harness::Report;
use harness::campaigns::{Job, SIZES, STEPS, Size, has_file, is_done, measure_job, report};

mod generated {
    #![allow(warnings, clippy::all)]
    include!(concat!(env!("OUT_DIR"), "/campaigns_changing.rs"));
}

struct Campaigns {
    engine: generated::IncrementalEngine,
    days: u32,
}

pub fn measure(size_name: &str) -> Report {
    let (_, size) = SIZES.into_iter().find(|(name, _)| *name == size_name).expect("a size");
    let mut job = Campaigns { engine: generated::IncrementalEngine::new(1), days: 0 };
    report(&measure_job(&mut job, size, STEPS), STEPS)
}

impl Campaigns {
    fn commit(&mut self) -> usize {
        let results = self.engine.commit();
        let pairs = [
            results.resultsmissing.len(),
            results.resultsready.len(),
            results.csvmissing.len(),
            results.csvready.len(),
        ];
        pairs.iter().sum::<usize>() + results.dependencymissing.len()
    }
}

fn pair((c, d): (u32, u32)) -> (i32, i32) {
    (c as i32, d as i32)
}

impl Job for Campaigns {
    fn load_facts(&mut self, size: Size) {
        let all = || (0..size.campaigns).flat_map(|c| (0..size.days).map(move |d| (c, d)));
        self.engine.begin();
        let done = all().filter(|(c, d)| is_done(*c, *d));
        self.engine.insert_resultsok(done.map(pair).collect());
        let filed = all().filter(|(c, d)| has_file(*c, *d));
        self.engine.insert_csvok(filed.map(pair).collect());
        self.engine.insert_dependencyok((0..size.days).map(|d| (d as i32,)).collect());
        self.commit();
    }

    fn expect(&mut self, size: Size) -> usize {
        self.days = size.days;
        self.engine.begin();
        self.engine.insert_campaign((0..size.campaigns).map(|c| (c as i32,)).collect());
        self.engine.insert_day((0..size.days).map(|d| (d as i32,)).collect());
        self.commit()
    }

    fn change(&mut self, results: &[(u32, u32)], are_there: bool) -> usize {
        self.engine.begin();
        let rows = results.iter().copied().map(pair).collect();
        match are_there {
            true => self.engine.insert_resultsok(rows),
            false => self.engine.remove_resultsok(rows),
        }
        self.commit()
    }

    fn add_campaign(&mut self, campaign: u32) -> usize {
        self.engine.begin();
        self.engine.insert_campaign(vec![(campaign as i32,)]);
        self.commit()
    }

    fn grow_to(&mut self, days: u32) -> usize {
        self.engine.begin();
        self.engine.insert_day((self.days..days).map(|d| (d as i32,)).collect());
        self.days = days;
        self.commit()
    }
}
