//! DBSP on the shared programs, written by hand: `dbsp-peer PROGRAM full|quick` prints one report.

mod campaigns;
mod etl;
mod graphs;
mod joins;
mod points_to;
mod session;
mod sets;

use harness::{PROGRAMS, Scale, Workload, measure};
use session::Dbsp;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [program, scale] = arguments.as_slice() else {
        panic!("usage: dbsp-peer PROGRAM full|quick");
    };
    if let Some(size) = program.strip_prefix("campaigns-") {
        print!("{}", campaigns::measure(size));
        return;
    }
    assert!(PROGRAMS.contains(&program.as_str()), "there is no program {program}");
    let scale = if scale == "quick" { Scale::Quick } else { Scale::Full };
    let workload = Workload::new(program, scale);
    print!("{}", measure(&workload, || Dbsp::new(workload.name)));
}
