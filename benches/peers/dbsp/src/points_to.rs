//! Context-sensitive points-to analysis: three relations that follow from each other.

use dbsp::{NestedCircuit, OrdIndexedZSet, SchedulerError, Stream};

use super::session::Ports;

type Pairs = Stream<NestedCircuit, OrdIndexedZSet<i32, i32>>;

pub fn render(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let dereference = ports.keyed(|[x, y, _]| (x, y));
    let assign = ports.keyed(|[x, y, _]| (x, y));
    let assigned = assign.map_index(|(x, z)| (*z, *x));
    let same = assign.flat_map_index(|(x, y)| [(*x, *x), (*y, *y)]);
    let (flow, memory, alias) =
        ports.circuit.recursive(|scope, (flow, memory, _): (Pairs, Pairs, Pairs)| {
            let dereference = dereference.delta0(scope);
            let same = same.delta0(scope);
            let by_end = flow.map_index(|(x, y)| (*y, *x));

            let next_flow = assign.delta0(scope).sum([
                &same,
                &assigned.delta0(scope).join_index(&memory, |_, x, y| Some((*x, *y))),
                &by_end.join_index(&flow, |_, x, y| Some((*x, *y))),
            ]);

            // flow(z, x), memory(z, w), flow(w, y)
            let through_memory = flow
                .join_index(&memory, |_, x, w| Some((*w, *x)))
                .join_index(&flow, |_, x, y| Some((*x, *y)));
            let alias =
                flow.join_index(&flow, |_, x, y| Some((*x, *y))).plus(&through_memory).distinct();

            // dereference(y, x), alias(y, z), dereference(z, w)
            let next_memory = alias
                .join_index(&dereference, |_, z, x| Some((*z, *x)))
                .join_index(&dereference, |_, x, w| Some((*x, *w)))
                .plus(&same);
            Ok((next_flow, next_memory, alias))
        })?;
    for pairs in [flow, memory, alias] {
        ports.output(&pairs, |x, y| [x, y, 0]);
    }
    Ok(())
}
