//! What all programs share: a circuit's inputs and outputs as the harness sees them, and one
//! transaction after the other.

use dbsp::typed_batch::{IndexedZSetReader, SpineSnapshot};
use dbsp::utils::Tup2;
use dbsp::{
    DBData, DBSPHandle, IndexedZSet, OrdIndexedZSet, OrdZSet, OutputHandle, RootCircuit, Runtime,
    Stream, ZWeight,
};
use harness::{Change, Fact, Peer, Totals, Workload};

use super::{campaigns, etl, graphs, joins, points_to};

pub type Rows<K> = Stream<RootCircuit, OrdZSet<K>>;
pub type Keyed<K, V> = Stream<RootCircuit, OrdIndexedZSet<K, V>>;

/// Facts, and 1 for those that come, -1 for those that go.
type Weighted<'a> = &'a mut dyn Iterator<Item = (Fact, ZWeight)>;

/// Hands rows, which are in the input's own form already, to the circuit.
pub type Staged = Box<dyn FnOnce()>;

type Input = Box<dyn Fn(Weighted<'_>) -> Staged + Send>;

/// Goes through the rows of one answer.
type Answer = Box<dyn FnOnce(&mut dyn FnMut(Fact, ZWeight))>;

/// Takes the answer of the last transaction.
type Output = Box<dyn Fn() -> Answer + Send>;

/// Where a program takes its inputs, in the order of its tables, and leaves its outputs.
pub struct Ports<'c> {
    pub circuit: &'c RootCircuit,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

impl Ports<'_> {
    pub fn rows<K: DBData>(&mut self, row: fn(Fact) -> K) -> Rows<K> {
        let (rows, handle) = self.circuit.add_input_zset::<K>();
        self.inputs.push(Box::new(move |facts| {
            let mut rows: Vec<_> = facts.map(|(fact, weight)| Tup2(row(fact), weight)).collect();
            let handle = handle.clone();
            Box::new(move || handle.append(&mut rows))
        }));
        rows
    }

    /// Facts that are joined by one key only need not be indexed by it again.
    pub fn keyed<K: DBData, V: DBData>(&mut self, row: fn(Fact) -> (K, V)) -> Keyed<K, V> {
        let (rows, handle) = self.circuit.add_input_indexed_zset::<K, V>();
        self.inputs.push(Box::new(move |facts| {
            let pair = |(fact, weight)| {
                let (key, value) = row(fact);
                Tup2(key, Tup2(value, weight))
            };
            let mut rows: Vec<_> = facts.map(pair).collect();
            let handle = handle.clone();
            Box::new(move || handle.append(&mut rows))
        }));
        rows
    }

    pub fn output<B>(&mut self, rows: &Stream<RootCircuit, B>, fact: fn(B::Key, B::Val) -> Fact)
    where
        B: IndexedZSet + Send,
        B::InnerBatch: Send,
    {
        let handle: OutputHandle<SpineSnapshot<B>> = rows.accumulate_output();
        self.outputs.push(Box::new(move || {
            // Net changes, as every engine gives them.
            let answer = handle.concat().consolidate();
            Box::new(move |tell| {
                answer.iter().for_each(|(key, value, weight)| tell(fact(key, value), weight));
            })
        }));
    }
}

pub struct Dbsp {
    circuit: DBSPHandle,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    answers: Vec<Answer>,
}

impl Dbsp {
    pub fn new(program: &str) -> Dbsp {
        let render = match program {
            "etl" => etl::render,
            "reach" | "chain" => graphs::reach,
            "tc" => graphs::closure,
            "sg" => graphs::same_generation,
            "cspa" => points_to::render,
            "skew" => joins::skew,
            "counts" => joins::counts,
            "campaigns" => campaigns::render,
            other => panic!("{other} is not written for DBSP"),
        };
        let built = Runtime::init_circuit(1, move |circuit| {
            let mut ports = Ports { circuit, inputs: Vec::new(), outputs: Vec::new() };
            render(&mut ports)?;
            Ok((ports.inputs, ports.outputs))
        });
        let (circuit, (inputs, outputs)) = built.expect("the circuit has no mistake");
        Dbsp { circuit, inputs, outputs, answers: Vec::new() }
    }

    /// Facts of an input, which are handed over when the result is called.
    pub fn stage(&self, input: usize, facts: Weighted<'_>) -> Staged {
        self.inputs[input](facts)
    }

    pub fn step(&mut self) {
        self.circuit.transaction().expect("the circuit runs");
        self.answers = self.outputs.iter().map(|output| output()).collect();
    }

    /// Gives output, row and count of all that the last step changed.
    pub fn take_answers(&mut self, tell: &mut dyn FnMut(usize, Fact, ZWeight)) {
        for (output, answer) in std::mem::take(&mut self.answers).into_iter().enumerate() {
            answer(&mut |fact, weight| tell(output, fact, weight));
        }
    }
}

impl Peer for Dbsp {
    type Transaction = Staged;

    fn load(&mut self, workload: &Workload) {
        for (input, table) in workload.tables.iter().enumerate() {
            self.stage(input, &mut table.facts.iter().map(|fact| (*fact, 1)))();
        }
        self.step();
    }

    fn prepare(&mut self, changes: &[Change]) -> Staged {
        let weight = |change: &Change| if change.is_there { 1 } else { -1 };
        // Only facts of the last table change.
        let input = self.inputs.len() - 1;
        self.stage(input, &mut changes.iter().map(|change| (change.fact, weight(change))))
    }

    fn commit(&mut self, staged: Staged) {
        staged();
        self.step();
    }

    fn tell(&mut self, totals: &mut Totals) {
        self.take_answers(&mut |output, fact, weight| totals.add(output, fact, weight));
    }
}
