//! What all programs share: inputs that advance together, outputs that are gathered, a probe.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::input::{Input, InputSession};
use differential_dataflow::{ExchangeData, VecCollection};
use harness::{Change, Fact, Peer, Report, Totals, Workload, measure};
use timely::dataflow::Scope;
use timely::dataflow::operators::probe::Handle;
use timely::worker::Worker;

use super::{etl, graphs, joins, points_to};

pub type Rows<'s, D> = VecCollection<'s, u64, D, isize>;
pub type Pair = (i32, i32);
pub type Triple = (i32, i32, i32);

/// By output, row and count.
type Gathered = Rc<RefCell<Vec<(usize, Fact, isize)>>>;

/// An input of whatever width.
trait Given {
    fn update(&mut self, fact: Fact, count: isize);
    fn advance(&mut self, epoch: u64);
}

pub trait Tuple: ExchangeData {
    fn from_fact(fact: Fact) -> Self;
    fn to_fact(&self) -> Fact;
}

struct Session<D: ExchangeData>(InputSession<u64, D, isize>);

impl<D: Tuple> Given for Session<D> {
    fn update(&mut self, fact: Fact, count: isize) {
        self.0.update(D::from_fact(fact), count);
    }

    fn advance(&mut self, epoch: u64) {
        self.0.advance_to(epoch);
        self.0.flush();
    }
}

/// Where a program takes its inputs, in the order of its tables, and leaves its outputs.
pub struct Ports<'s> {
    pub scope: Scope<'s, u64>,
    inputs: Vec<Box<dyn Given>>,
    outputs: usize,
    gathered: Gathered,
    probe: Handle<u64>,
}

impl<'s> Ports<'s> {
    pub fn input<D: Tuple>(&mut self) -> Rows<'s, D> {
        let (session, rows) = self.scope.new_collection::<D, isize>();
        self.inputs.push(Box::new(Session(session)));
        rows
    }

    pub fn output<D: Tuple>(&mut self, rows: Rows<'s, D>) {
        let (output, gathered) = (self.outputs, self.gathered.clone());
        self.outputs += 1;
        rows.inspect(move |(row, _, count)| {
            gathered.borrow_mut().push((output, row.to_fact(), *count));
        })
        .probe_with(&self.probe);
    }
}

struct ByHand<'w> {
    worker: &'w mut Worker,
    inputs: Vec<Box<dyn Given>>,
    gathered: Gathered,
    probe: Handle<u64>,
    epoch: u64,
    answer: Vec<(usize, Fact, isize)>,
}

/// Measures a program on a worker of its own.
pub fn measure_by_hand(workload: Workload) -> Report {
    let report = std::sync::Mutex::new(Report::default());
    let report = std::sync::Arc::new(report);
    let found = report.clone();
    timely::execute_directly(move |worker| {
        let measured = measure(&workload, || ByHand::new(worker, workload.name));
        *found.lock().expect("nobody else has it") = measured;
    });
    let report = report.lock().expect("the worker is done");
    report.clone()
}

impl<'w> ByHand<'w> {
    fn new(worker: &'w mut Worker, program: &str) -> ByHand<'w> {
        let (gathered, probe) = (Gathered::default(), Handle::new());
        let render = match program {
            "etl" => etl::render,
            "reach" | "chain" => graphs::reach,
            "tc" => graphs::closure,
            "sg" => graphs::same_generation,
            "cspa" => points_to::render,
            "skew" => joins::skew,
            "counts" => joins::counts,
            other => panic!("{other} is not written by hand"),
        };
        let inputs = worker.dataflow(|scope| {
            let (gathered, probe) = (gathered.clone(), probe.clone());
            let inputs = Vec::new();
            let mut ports = Ports { scope, inputs, outputs: 0, gathered, probe };
            render(&mut ports);
            ports.inputs
        });
        ByHand { worker, inputs, gathered, probe, epoch: 0, answer: Vec::new() }
    }

    fn step(&mut self) {
        self.epoch += 1;
        let epoch = self.epoch;
        self.inputs.iter_mut().for_each(|input| input.advance(epoch));
        let probe = &self.probe;
        self.worker.step_while(|| probe.less_than(&epoch));
        // Net changes, as every engine gives them.
        let mut answer = std::mem::take(&mut *self.gathered.borrow_mut());
        answer.sort_unstable();
        answer.dedup_by(|next, first| {
            let same = (next.0, next.1) == (first.0, first.1);
            if same {
                first.2 += next.2;
            }
            same
        });
        answer.retain(|(_, _, count)| *count != 0);
        self.answer = answer;
    }
}

impl Peer for ByHand<'_> {
    type Transaction = Vec<Change>;

    fn load(&mut self, workload: &Workload) {
        for (input, table) in self.inputs.iter_mut().zip(&workload.tables) {
            table.facts.iter().for_each(|fact| input.update(*fact, 1));
        }
        self.step();
    }

    fn prepare(&mut self, changes: &[Change]) -> Vec<Change> {
        changes.to_vec()
    }

    fn commit(&mut self, changes: Vec<Change>) {
        for change in changes {
            let count = if change.is_there { 1 } else { -1 };
            self.inputs[change.table].update(change.fact, count);
        }
        self.step();
    }

    fn tell(&mut self, totals: &mut Totals) {
        for (output, row, count) in std::mem::take(&mut self.answer) {
            totals.add(output, row, count as i64);
        }
    }
}

impl Tuple for i32 {
    fn from_fact([a, ..]: Fact) -> i32 {
        a
    }

    fn to_fact(&self) -> Fact {
        [*self, 0, 0]
    }
}

impl Tuple for Pair {
    fn from_fact([a, b, _]: Fact) -> Pair {
        (a, b)
    }

    fn to_fact(&self) -> Fact {
        [self.0, self.1, 0]
    }
}

impl Tuple for Triple {
    fn from_fact([a, b, c]: Fact) -> Triple {
        (a, b, c)
    }

    fn to_fact(&self) -> Fact {
        [self.0, self.1, self.2]
    }
}
