//! Recursion over arcs: closure, reachability, same generation. A nested circuit applies
//! `distinct` to what it returns.

use dbsp::{NestedCircuit, OrdIndexedZSet, OrdZSet, SchedulerError, Stream};

use super::session::Ports;

type Nodes = Stream<NestedCircuit, OrdZSet<i32>>;
type Pairs = Stream<NestedCircuit, OrdIndexedZSet<i32, i32>>;

pub fn reach(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let source = ports.rows(|[id, ..]| id);
    let arcs = ports.keyed(|[x, y, _]| (x, y));
    let reached = ports.circuit.recursive(|scope, reached: Nodes| {
        let next: Nodes = reached.join_generic(&arcs.delta0(scope), |_, (), y| Some((*y, ())));
        Ok(next.plus(&source.delta0(scope)))
    })?;
    ports.output(&reached, |id, ()| [id, 0, 0]);
    Ok(())
}

/// A pair is held by its end, from which it grows.
pub fn closure(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let arcs = ports.keyed(|[x, y, _]| (x, y));
    let by_end = arcs.map_index(|(x, y)| (*y, *x));
    let pairs = ports.circuit.recursive(|scope, pairs: Pairs| {
        let next = pairs.join_index(&arcs.delta0(scope), |_, x, y| Some((*y, *x)));
        Ok(next.plus(&by_end.delta0(scope)))
    })?;
    ports.output(&pairs, |y, x| [x, y, 0]);
    Ok(())
}

pub fn same_generation(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let arcs = ports.keyed(|[x, y, _]| (x, y));
    let siblings = arcs.join_index(&arcs, |_, x, y| (x != y).then_some((*x, *y)));
    let pairs = ports.circuit.recursive(|scope, pairs: Pairs| {
        let arcs = arcs.delta0(scope);
        let next = pairs
            .join_index(&arcs, |_, b, x| Some((*b, *x)))
            .join_index(&arcs, |_, x, y| Some((*x, *y)));
        Ok(next.plus(&siblings.delta0(scope)))
    })?;
    ports.output(&pairs, |x, y| [x, y, 0]);
    Ok(())
}
