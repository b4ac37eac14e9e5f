//! The chain by hand, with tagged rows: one keyed reduce a goal decides what is missing, and one
//! every state.

use std::cell::RefCell;
use std::rc::Rc;

use differential_dataflow::VecCollection;
use differential_dataflow::input::{Input, InputSession};
use timely::dataflow::operators::probe::Handle;
use timely::worker::Worker;

use super::{Chain, Changes, pair};

type Pair = (i32, i32);
type Rows<'s, D> = VecCollection<'s, u64, D, isize>;

/// Rows of a goal say what holds of an instance.
const MISSING: u8 = 5;
const READY: u8 = 9;

/// What attempts and waivers say beside `expected` and `ok`: nothing here, but it could.
const INPUTS: usize = 7;

pub struct ByHand<'w> {
    worker: &'w mut Worker,
    /// Per goal: expected, ok, accepted, running, gone, failed too often, resting.
    inputs: Vec<InputSession<u64, Pair, isize>>,
    gathered: Rc<RefCell<Changes>>,
    probe: Handle<u64>,
    epoch: u64,
}

pub fn with_chain<R: Send + 'static>(
    goals: usize,
    work: impl FnOnce(&mut ByHand<'_>) -> R + Send + Sync + 'static,
) -> R {
    timely::execute_directly(move |worker| work(&mut ByHand::new(worker, goals)))
}

impl<'w> ByHand<'w> {
    fn new(worker: &'w mut Worker, goals: usize) -> ByHand<'w> {
        let (gathered, probe) = (Rc::new(RefCell::new(Changes::new())), Handle::new());
        let (gather, watch) = (gathered.clone(), probe.clone());
        let inputs = worker.dataflow::<u64, _, _>(move |scope| {
            let mut sessions = Vec::new();
            let mut given: Vec<[Rows<Pair>; INPUTS]> = Vec::new();
            for _ in 0..goals {
                given.push(std::array::from_fn(|_| {
                    let (session, rows) = scope.new_collection();
                    sessions.push(session);
                    rows
                }));
            }
            let mut missing: Vec<Rows<Pair>> = Vec::new();
            for of_goal in &given {
                missing.push(find_missing(of_goal, missing.last()));
            }
            let mut below = None;
            for (goal, of_goal) in given.iter().enumerate().rev() {
                let states = find_states(of_goal, missing[goal].clone(), below.take());
                let gather = gather.clone();
                states
                    .clone()
                    .filter(|(_, state)| [MISSING, READY].contains(state))
                    .inspect(move |(((a, b), state), _, count)| {
                        let output = goal * 2 + usize::from(*state == READY);
                        gather.borrow_mut().push((output, [*a, *b, 0], *count as i64));
                    })
                    .probe_with(&watch);
                below = Some(states.filter(|(_, state)| *state != READY));
            }
            sessions
        });
        ByHand { worker, inputs, gathered, probe, epoch: 0 }
    }
}

fn find_missing<'s>(
    given: &[Rows<'s, Pair>; INPUTS],
    above: Option<&Rows<'s, Pair>>,
) -> Rows<'s, Pair> {
    let [expected, ok, accepted, ..] = given;
    let expected =
        above.into_iter().fold(expected.clone(), |rows, above| rows.concat(above.clone()));
    let tag = |rows: &Rows<'s, Pair>, tag: u8| rows.clone().map(move |pair| (pair, tag));
    tag(&expected, 0)
        .concatenate([tag(ok, 1), tag(accepted, 2)])
        .reduce(|_, tags, output| {
            if tags.len() == 1 && *tags[0].0 == 0 && tags[0].1 > 0 {
                output.push(((), 1isize));
            }
        })
        .map(|(pair, ())| pair)
}

fn find_states<'s>(
    given: &[Rows<'s, Pair>; INPUTS],
    missing: Rows<'s, Pair>,
    below: Option<Rows<'s, (Pair, u8)>>,
) -> Rows<'s, (Pair, u8)> {
    let [_, _, _, running, gone, failed, resting] = given;
    let tag = |rows: &Rows<'s, Pair>, tag: u8| rows.clone().map(move |pair| (pair, tag));
    let mut tagged = vec![tag(running, 1), tag(gone, 2), tag(failed, 3), tag(resting, 4)];
    if let Some(below) = below {
        let of_needs = missing
            .clone()
            .arrange_by_self()
            .join_core(below.arrange_by_key(), |pair, (), state| Some((*pair, *state)));
        tagged.push(of_needs);
    }
    tag(&missing, 0).concatenate(tagged).reduce(|_, tags, output: &mut Vec<(u8, isize)>| {
        if *tags[0].0 != 0 {
            return;
        }
        let has = |tag: u8| tags.iter().any(|(found, count)| **found == tag && *count > 0);
        let gone = has(2) || has(7);
        let stuck = !gone && (has(3) || has(8));
        let ready = !has(MISSING) && !gone && !has(1) && !has(4);
        let states =
            [(MISSING, true), (6, has(1) || has(6)), (7, gone), (8, stuck), (READY, ready)];
        output.extend(states.into_iter().filter(|(_, holds)| *holds).map(|(state, _)| (state, 1)));
    })
}

impl ByHand<'_> {
    fn step(&mut self) -> Changes {
        self.epoch += 1;
        let epoch = self.epoch;
        for input in &mut self.inputs {
            input.advance_to(epoch);
            input.flush();
        }
        let probe = &self.probe;
        self.worker.step_while(|| probe.less_than(&epoch));
        std::mem::take(&mut *self.gathered.borrow_mut())
    }
}

impl Chain for ByHand<'_> {
    fn load(&mut self, instances: i32) -> Changes {
        for instance in 0..instances {
            let [a, b] = pair(instance);
            self.inputs[0].insert((a, b));
            self.inputs.iter_mut().skip(1).step_by(INPUTS).for_each(|ok| ok.insert((a, b)));
        }
        self.step()
    }

    fn change(&mut self, goal: usize, instance: i32, is_ok: bool) -> Changes {
        let [a, b] = pair(instance);
        self.inputs[goal * INPUTS + 1].update((a, b), if is_ok { 1 } else { -1 });
        self.step()
    }

    fn nothing(&mut self) -> Changes {
        self.step()
    }
}
