//! Context-sensitive points-to analysis: three relations that follow from each other.

use differential_dataflow::operators::iterate::Variable;
use timely::order::Product;

use super::session::{Pair, Ports};

pub fn render(ports: &mut Ports<'_>) {
    let dereference = ports.input::<Pair>().arrange_by_key();
    let assign = ports.input::<Pair>();
    let same = assign.clone().flat_map(|(x, y)| [(x, x), (y, y)]);
    let assigned = assign.clone().map(|(x, z)| (z, x)).arrange_by_key();
    let outer = ports.scope;
    let (flow, memory, alias) = outer.iterative::<u32, _, _>(|scope| {
        let dereference = dereference.enter(scope);
        let assigned = assigned.enter(scope);
        let same = same.enter(scope);
        let (flow_variable, flow) = Variable::new(scope, Product::new(0, 1));
        let (memory_variable, memory) = Variable::new(scope, Product::new(0, 1));
        let by_start = flow.clone().arrange_by_key();
        let by_end = flow.map(|(x, y): Pair| (y, x)).arrange_by_key();
        let memory = memory.arrange_by_key();

        let next_flow = assigned
            .join_core(memory.clone(), |_, x, y: &i32| Some((*x, *y)))
            .concat(by_end.join_core(by_start.clone(), |_, x, y| Some((*x, *y))))
            .concat(assign.enter(scope))
            .concat(same.clone())
            .threshold(|_, count: &isize| isize::from(*count > 0));

        // flow(z, x), memory(z, w), flow(w, y)
        let through_memory = by_start
            .clone()
            .join_core(memory, |_, x, w| Some((*w, *x)))
            .arrange_by_key()
            .join_core(by_start.clone(), |_, x, y| Some((*x, *y)));
        let alias = by_start
            .clone()
            .join_core(by_start, |_, x, y| Some((*x, *y)))
            .concat(through_memory)
            .threshold(|_, count: &isize| isize::from(*count > 0));

        // dereference(y, x), alias(y, z), dereference(z, w)
        let next_memory = alias
            .clone()
            .arrange_by_key()
            .join_core(dereference.clone(), |_, z, x| Some((*z, *x)))
            .arrange_by_key()
            .join_core(dereference, |_, x, w| Some((*x, *w)))
            .concat(same)
            .threshold(|_, count: &isize| isize::from(*count > 0));
        flow_variable.set(next_flow.clone());
        memory_variable.set(next_memory.clone());
        (next_flow.leave(outer), next_memory.leave(outer), alias.leave(outer))
    });
    ports.output(flow);
    ports.output(memory);
    ports.output(alias);
}
