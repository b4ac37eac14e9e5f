//! Recursion over arcs: closure, reachability, same generation.

use differential_dataflow::operators::iterate::Variable;
use timely::order::Product;

use super::session::{Pair, Ports};

pub fn reach(ports: &mut Ports<'_>) {
    let source = ports.input::<i32>();
    let arcs = ports.input::<Pair>().arrange_by_key();
    let outer = ports.scope;
    let reached = outer.iterative::<u32, _, _>(|scope| {
        let (source, arcs) = (source.enter(scope), arcs.enter(scope));
        let (variable, reached) = Variable::new(scope, Product::new(0, 1));
        let next = reached
            .arrange_by_self()
            .join_core(arcs, |_, (), y| Some(*y))
            .concat(source)
            .threshold(|_, count: &isize| isize::from(*count > 0));
        variable.set(next.clone());
        next.leave(outer)
    });
    ports.output(reached);
}

pub fn closure(ports: &mut Ports<'_>) {
    let arcs = ports.input::<Pair>();
    let by_start = arcs.clone().arrange_by_key();
    let outer = ports.scope;
    let pairs = outer.iterative::<u32, _, _>(|scope| {
        let (arcs, by_start) = (arcs.enter(scope), by_start.enter(scope));
        let (variable, pairs) = Variable::new(scope, Product::new(0, 1));
        let next = pairs
            .map(|(x, z): Pair| (z, x))
            .arrange_by_key()
            .join_core(by_start, |_, x, y| Some((*x, *y)))
            .concat(arcs)
            .threshold(|_, count: &isize| isize::from(*count > 0));
        variable.set(next.clone());
        next.leave(outer)
    });
    ports.output(pairs);
}

pub fn same_generation(ports: &mut Ports<'_>) {
    let arcs = ports.input::<Pair>().arrange_by_key();
    let siblings = arcs.clone().join_core(arcs.clone(), |_, x, y| (x != y).then_some((*x, *y)));
    let outer = ports.scope;
    let pairs = outer.iterative::<u32, _, _>(|scope| {
        let (siblings, arcs) = (siblings.enter(scope), arcs.enter(scope));
        let (variable, pairs) = Variable::new(scope, Product::new(0, 1));
        let next = pairs
            .arrange_by_key()
            .join_core(arcs.clone(), |_: &i32, b: &i32, x| Some((*b, *x)))
            .arrange_by_key()
            .join_core(arcs, |_, x, y| Some((*x, *y)))
            .concat(siblings)
            .threshold(|_, count: &isize| isize::from(*count > 0));
        variable.set(next.clone());
        next.leave(outer)
    });
    ports.output(pairs);
}
