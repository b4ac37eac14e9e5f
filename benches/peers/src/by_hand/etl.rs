//! What is owed of a pipeline.

use differential_dataflow::operators::iterate::Variable;
use differential_dataflow::operators::{CountTotal, ThresholdTotal};
use timely::order::Product;

use super::session::{Pair, Ports, Rows, Triple};

pub fn render(ports: &mut Ports<'_>) {
    let campaign = ports.input::<i32>();
    let day = ports.input::<i32>();
    let needs = ports.input::<Pair>();
    let target = ports.input::<i32>();
    let working = ports.input::<Triple>();
    let have = ports.input::<Triple>().arrange_by_self();

    let campaigns = campaign.map(|c| ((), c)).arrange_by_key();
    let days = day.map(|d| ((), d)).arrange_by_key();
    let targets = target.map(|k| ((), k)).arrange_by_key();
    let expected = targets
        .join_core(campaigns, |(), k, c| Some(((), (*k, *c))))
        .arrange_by_key()
        .join_core(days, |(), (k, c), d| Some((*k, *c, *d)));
    let met = expected.clone().arrange_by_self().join_core(have.clone(), |row, (), ()| Some(*row));
    let unmet = expected.concat(met.negate());

    let needs = needs.arrange_by_key();
    let outer = ports.scope;
    let want = outer.iterative::<u32, _, _>(|scope| {
        let (unmet, have) = (unmet.clone().enter(scope), have.enter(scope));
        let needs = needs.clone().enter(scope);
        let (variable, want) = Variable::new(scope, Product::new(0, 1));
        let needed = want
            .map(|(k, c, d): Triple| (k, (c, d)))
            .arrange_by_key()
            .join_core(needs, |_, (c, d), j| Some((*j, *c, *d)));
        let there =
            needed.clone().arrange_by_self().join_core(have, |row, (), ()| Some(*row)).negate();
        let next = needed
            .concat(there)
            .concat(unmet)
            .threshold(|_, count: &isize| isize::from(*count > 0));
        variable.set(next.clone());
        next.leave(outer)
    });

    // Who needs what: ((j, c, d), k), shared by `blocked` and `progress`.
    let wanted = want.clone().arrange_by_self();
    let needing = want
        .clone()
        .map(|(k, c, d)| (k, (c, d)))
        .arrange_by_key()
        .join_core(needs, |k, (c, d), j| Some(((*j, *c, *d), *k)))
        .arrange_by_key();
    let blocked = needing
        .clone()
        .join_core(wanted.clone(), |(_, c, d), k, ()| Some((*k, *c, *d)))
        .distinct_total();
    let action = without(without(want, blocked), working.clone());
    let progress = outer.iterative::<u32, _, _>(|scope| {
        let (working, needing) = (working.enter(scope), needing.enter(scope));
        let (variable, progress) = Variable::new(scope, Product::new(0, 1));
        let next = progress
            .arrange_by_self()
            .join_core(needing, |(_, c, d): &Triple, (), k| Some((*k, *c, *d)))
            .concat(working)
            .threshold(|_, count: &isize| isize::from(*count > 0));
        variable.set(next.clone());
        next.leave(outer)
    });
    let stuck = without(unmet.clone(), progress);
    let per_day = unmet.clone().map(|(_, _, d)| d).count_total().map(|(d, n)| (d, n as i32));

    ports.output(unmet);
    ports.output(action);
    ports.output(stuck);
    ports.output(per_day);
}

fn without<'s>(rows: Rows<'s, Triple>, of: Rows<'s, Triple>) -> Rows<'s, Triple> {
    let within =
        rows.clone().arrange_by_self().join_core(of.arrange_by_self(), |row, (), ()| Some(*row));
    rows.concat(within.negate())
}
