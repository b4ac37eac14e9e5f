//! FlowLog on the shared programs: `flowlog PROGRAM changing|batch full|quick` prints one report.

#[cfg(feature = "campaigns")]
mod campaigns;
mod tuple;

use harness::{
    Change, Done, PROGRAMS, Peer, Report, Scale, Totals, Workload, measure, measure_batch,
};
use tuple::{Tuple, tuples};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// FlowLog keeps up to date what follows from facts that change.
macro_rules! changing {
    ($feature:literal, $module:ident, $file:literal,
     [$($table:literal $insert_table:ident),*], $moved:ty, $insert:ident, $remove:ident,
     [$($output:ident),*]) => {
        #[cfg(feature = $feature)]
        mod $module {
            use super::*;

            mod generated {
                #![allow(warnings, clippy::all)]
                include!(concat!(env!("OUT_DIR"), $file));
            }

            pub struct Changing {
                engine: generated::IncrementalEngine,
                results: generated::IncrementalResults,
            }

            impl Changing {
                pub fn new() -> Changing {
                    let engine = generated::IncrementalEngine::new(1);
                    Changing { engine, results: Default::default() }
                }
            }

            impl Peer for Changing {
                type Transaction = [Vec<$moved>; 2];

                fn load(&mut self, workload: &Workload) {
                    self.engine.begin();
                    $(self.engine.$insert_table(tuples(workload.facts($table)));)*
                    self.results = self.engine.commit();
                }

                fn prepare(&mut self, changes: &[Change]) -> Self::Transaction {
                    [false, true].map(|is_there| {
                        let changes = changes.iter().filter(|change| change.is_there == is_there);
                        changes.map(|change| <$moved>::from_fact(change.fact)).collect()
                    })
                }

                fn commit(&mut self, [deleted, inserted]: Self::Transaction) {
                    self.engine.begin();
                    self.engine.$remove(deleted);
                    self.engine.$insert(inserted);
                    self.results = self.engine.commit();
                }

                fn tell(&mut self, totals: &mut Totals) {
                    let results = std::mem::take(&mut self.results);
                    let mut output = 0..;
                    $(
                        let at = output.next().expect("without end");
                        for (row, count) in results.$output {
                            totals.add(at, row.to_fact(), i64::from(count));
                        }
                    )*
                }
            }
        }
    };
}

/// FlowLog works out everything, once.
macro_rules! batch {
    ($feature:literal, $module:ident, $file:literal,
     [$($table:literal $insert_table:ident),*], [$($output:ident),*]) => {
        #[cfg(feature = $feature)]
        mod $module {
            use super::*;

            mod generated {
                #![allow(warnings, clippy::all)]
                include!(concat!(env!("OUT_DIR"), $file));
            }

            pub fn run(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
                let mut engine = generated::BatchEngine::new(1);
                $(engine.$insert_table(tuples(workload.facts($table)));)*
                let results = engine.run();
                done();
                let mut output = 0..;
                $(
                    let at = output.next().expect("without end");
                    results.$output.iter().for_each(|row| totals.add(at, row.to_fact(), 1));
                )*
            }
        }
    };
}

changing!("etl", etl_changing, "/etl_changing.rs",
    ["campaign" insert_campaign, "day" insert_day, "needs" insert_needs,
     "target" insert_target, "working" insert_working, "have" insert_have],
    (i32, i32, i32), insert_have, remove_have, [unmet, action, stuck, unmetperday]);
changing!("reach", reach_changing, "/reach_changing.rs",
    ["source" insert_source, "arc" insert_arc], (i32, i32), insert_arc, remove_arc, [reach]);
changing!("tc", tc_changing, "/tc_changing.rs",
    ["arc" insert_arc], (i32, i32), insert_arc, remove_arc, [tc]);
changing!("sg", sg_changing, "/sg_changing.rs",
    ["arc" insert_arc], (i32, i32), insert_arc, remove_arc, [sg]);
changing!("cspa", cspa_changing, "/cspa_changing.rs",
    ["assign" insert_assign, "dereference" insert_dereference],
    (i32, i32), insert_assign, remove_assign, [valueflow, memoryalias, valuealias]);
changing!("skew", skew_changing, "/skew_changing.rs",
    ["left" insert_left, "middle" insert_middle, "right" insert_right],
    (i32, i32), insert_right, remove_right, [linked]);
changing!("counts", counts_changing, "/counts_changing.rs",
    ["have" insert_have], (i32, i32, i32), insert_have, remove_have, [perday]);

batch!("reach", reach_batch, "/reach.rs", ["source" insert_source, "arc" insert_arc], [reach]);
batch!("tc", tc_batch, "/tc.rs", ["arc" insert_arc], [tc]);
batch!("sg", sg_batch, "/sg.rs", ["arc" insert_arc], [sg]);
batch!("cspa", cspa_batch, "/cspa.rs",
    ["assign" insert_assign, "dereference" insert_dereference],
    [valueflow, memoryalias, valuealias]);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, mode, scale] = arguments.as_slice() else {
        panic!("usage: flowlog PROGRAM changing|batch full|quick");
    };
    #[cfg(feature = "campaigns")]
    if let Some(size) = program.strip_prefix("campaigns-") {
        print!("{}", campaigns::measure(size));
        return;
    }
    assert!(PROGRAMS.contains(&program.as_str()), "there is no program {program}");
    let scale = if scale == "quick" { Scale::Quick } else { Scale::Full };
    print!("{}", report(mode, &Workload::new(program, scale)));
}

fn report(mode: &str, workload: &Workload) -> Report {
    match (mode, workload.name) {
        #[cfg(feature = "etl")]
        ("changing", "etl") => measure(workload, etl_changing::Changing::new),
        #[cfg(feature = "reach")]
        ("changing", "reach" | "chain") => measure(workload, reach_changing::Changing::new),
        #[cfg(feature = "tc")]
        ("changing", "tc") => measure(workload, tc_changing::Changing::new),
        #[cfg(feature = "sg")]
        ("changing", "sg") => measure(workload, sg_changing::Changing::new),
        #[cfg(feature = "cspa")]
        ("changing", "cspa") => measure(workload, cspa_changing::Changing::new),
        #[cfg(feature = "skew")]
        ("changing", "skew") => measure(workload, skew_changing::Changing::new),
        #[cfg(feature = "counts")]
        ("changing", "counts") => measure(workload, counts_changing::Changing::new),
        #[cfg(feature = "reach")]
        ("batch", "reach" | "chain") => measure_batch(workload, reach_batch::run),
        #[cfg(feature = "tc")]
        ("batch", "tc") => measure_batch(workload, tc_batch::run),
        #[cfg(feature = "sg")]
        ("batch", "sg") => measure_batch(workload, sg_batch::run),
        #[cfg(feature = "cspa")]
        ("batch", "cspa") => measure_batch(workload, cspa_batch::run),
        (mode, program) => panic!("{program} is not compiled for {mode}"),
    }
}
