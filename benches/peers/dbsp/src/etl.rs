//! What is owed of a pipeline.

use dbsp::utils::{Tup2, Tup3};
use dbsp::{NestedCircuit, OrdZSet, SchedulerError, Stream};
use harness::Fact;

use super::session::{Keyed, Ports, Rows};
use super::sets::without;

type Triple = Tup3<i32, i32, i32>;
type Triples = Stream<NestedCircuit, OrdZSet<Triple>>;

pub fn render(ports: &mut Ports<'_>) -> Result<(), SchedulerError> {
    let campaigns = ports.keyed(|[c, ..]| ((), c));
    let days = ports.keyed(|[d, ..]| ((), d));
    let needs = ports.keyed(|[k, j, _]| (k, j));
    let targets = ports.keyed(|[k, ..]| ((), k));
    let working = ports.rows(triple);
    let have = ports.rows(triple);

    let expected = targets
        .join_index(&campaigns, |(), k, c| Some(((), Tup2(*k, *c))))
        .join(&days, |(), Tup2(k, c), d| Tup3(*k, *c, *d));
    let unmet = without(&expected, &have);
    let want = want(ports, &unmet, &needs, &have)?;

    // Who needs what: ((j, c, d), k), shared by `blocked` and `progress`.
    let needing = want
        .map_index(|Tup3(k, c, d)| (*k, Tup2(*c, *d)))
        .join_index(&needs, |k, Tup2(c, d), j| Some((Tup3(*j, *c, *d), *k)));
    let blocked: Rows<Triple> =
        needing.join_generic(&want, |Tup3(_, c, d), k, ()| Some((Tup3(*k, *c, *d), ())));
    let action = without(&without(&want, &blocked.distinct()), &working);
    let progress = progress(ports, &working, &needing)?;
    let stuck = without(&unmet, &progress);
    let per_day = unmet.map(|Tup3(_, _, d)| *d).weighted_count();

    for rows in [unmet, action, stuck] {
        ports.output(&rows, |Tup3(k, c, d), ()| [k, c, d]);
    }
    ports.output(&per_day, |d, count| [d, count as i32, 0]);
    Ok(())
}

fn triple([k, c, d]: Fact) -> Triple {
    Tup3(k, c, d)
}

fn want(
    ports: &Ports<'_>,
    unmet: &Rows<Triple>,
    needs: &Keyed<i32, i32>,
    have: &Rows<Triple>,
) -> Result<Rows<Triple>, SchedulerError> {
    ports.circuit.recursive(|scope, want: Triples| {
        let needed = want
            .map_index(|Tup3(k, c, d)| (*k, Tup2(*c, *d)))
            .join(&needs.delta0(scope), |_, Tup2(c, d), j| Tup3(*j, *c, *d));
        Ok(without(&needed, &have.delta0(scope)).plus(&unmet.delta0(scope)))
    })
}

fn progress(
    ports: &Ports<'_>,
    working: &Rows<Triple>,
    needing: &Keyed<Triple, i32>,
) -> Result<Rows<Triple>, SchedulerError> {
    ports.circuit.recursive(|scope, progress: Triples| {
        let above: Triples = progress.join_generic(&needing.delta0(scope), |row, (), k| {
            let Tup3(_, c, d) = row;
            Some((Tup3(*k, *c, *d), ()))
        });
        Ok(above.plus(&working.delta0(scope)))
    })
}
