//! Ascent on the shared programs: everything from the start, in one thread.

use ascent::aggregators::count;
use ascent::ascent;
use harness::{Done, Fact, Totals, Workload};

ascent! {
    struct Closure;
    relation arc(i32, i32);
    relation tc(i32, i32);
    tc(x, y) <-- arc(x, y);
    tc(x, y) <-- tc(x, z), arc(z, y);
}

ascent! {
    struct SameGeneration;
    relation arc(i32, i32);
    relation sg(i32, i32);
    sg(x, y) <-- arc(a, x), arc(a, y), if x != y;
    sg(x, y) <-- arc(a, x), sg(a, b), arc(b, y);
}

ascent! {
    struct Reach;
    relation arc(i32, i32);
    relation source(i32);
    relation reach(i32);
    reach(y) <-- source(y);
    reach(y) <-- reach(x), arc(x, y);
}

ascent! {
    struct PointsTo;
    relation assign(i32, i32);
    relation dereference(i32, i32);
    relation flow(i32, i32);
    relation memory(i32, i32);
    relation alias(i32, i32);
    flow(y, x) <-- assign(y, x);
    flow(x, y) <-- assign(x, z), memory(z, y);
    flow(x, y) <-- flow(x, z), flow(z, y);
    memory(x, w) <-- dereference(y, x), alias(y, z), dereference(z, w);
    alias(x, y) <-- flow(z, x), flow(z, y);
    alias(x, y) <-- flow(z, x), memory(z, w), flow(w, y);
    flow(x, x) <-- assign(x, _);
    flow(x, x) <-- assign(_, x);
    memory(x, x) <-- assign(_, x);
    memory(x, x) <-- assign(x, _);
}

ascent! {
    struct Etl;
    relation campaign(i32);
    relation day(i32);
    relation needs(i32, i32);
    relation target(i32);
    relation working(i32, i32, i32);
    relation have(i32, i32, i32);
    relation unmet(i32, i32, i32);
    relation want(i32, i32, i32);
    relation blocked(i32, i32, i32);
    relation action(i32, i32, i32);
    relation progress(i32, i32, i32);
    relation stuck(i32, i32, i32);
    relation unmet_per_day(i32, i32);
    unmet(k, c, d) <-- target(k), campaign(c), day(d), !have(k, c, d);
    want(k, c, d) <-- unmet(k, c, d);
    want(j, c, d) <-- want(k, c, d), needs(k, j), !have(j, c, d);
    blocked(k, c, d) <-- want(k, c, d), needs(k, j), want(j, c, d);
    action(k, c, d) <-- want(k, c, d), !blocked(k, c, d), !working(k, c, d);
    progress(k, c, d) <-- working(k, c, d);
    progress(k, c, d) <-- progress(j, c, d), needs(k, j), want(k, c, d);
    stuck(k, c, d) <-- unmet(k, c, d), !progress(k, c, d);
    unmet_per_day(d, n as i32) <-- day(d), agg n = count() in unmet(_, _, d), if n > 0;
}

ascent! {
    struct Skew;
    relation left(i32, i32);
    relation middle(i32, i32);
    relation right(i32, i32);
    relation linked(i32, i32);
    linked(a, c) <-- right(m, c), middle(k, m), left(a, k);
}

ascent! {
    struct Counts;
    relation have(i32, i32, i32);
    relation day(i32);
    relation per_day(i32, i32);
    day(d) <-- have(_, _, d);
    per_day(d, n as i32) <-- day(d), agg n = count() in have(_, _, d);
}

pub fn run(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    match workload.name {
        "tc" => closure(workload, totals, done),
        "sg" => same_generation(workload, totals, done),
        "reach" | "chain" => reach(workload, totals, done),
        "cspa" => points_to(workload, totals, done),
        "etl" => etl(workload, totals, done),
        "skew" => skew(workload, totals, done),
        "counts" => counts(workload, totals, done),
        other => panic!("{other} is not written for Ascent"),
    }
}

fn closure(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let mut program = Closure { arc: pairs(workload, "arc"), ..Closure::default() };
    program.run();
    done();
    tell(totals, 0, &program.tc, |(x, y)| [*x, *y, 0]);
}

fn same_generation(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let arc = pairs(workload, "arc");
    let mut program = SameGeneration { arc, ..SameGeneration::default() };
    program.run();
    done();
    tell(totals, 0, &program.sg, |(x, y)| [*x, *y, 0]);
}

fn reach(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let (arc, source) = (pairs(workload, "arc"), singles(workload, "source"));
    let mut program = Reach { arc, source, ..Reach::default() };
    program.run();
    done();
    tell(totals, 0, &program.reach, |(x,)| [*x, 0, 0]);
}

fn points_to(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let (assign, dereference) = (pairs(workload, "assign"), pairs(workload, "dereference"));
    let mut program = PointsTo { assign, dereference, ..PointsTo::default() };
    program.run();
    done();
    for (output, rows) in [&program.flow, &program.memory, &program.alias].into_iter().enumerate() {
        tell(totals, output, rows, |(x, y)| [*x, *y, 0]);
    }
}

fn etl(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let mut program = Etl {
        campaign: singles(workload, "campaign"),
        day: singles(workload, "day"),
        needs: pairs(workload, "needs"),
        target: singles(workload, "target"),
        working: triples(workload, "working"),
        have: triples(workload, "have"),
        ..Etl::default()
    };
    program.run();
    done();
    let triples = [&program.unmet, &program.action, &program.stuck];
    for (output, rows) in triples.into_iter().enumerate() {
        tell(totals, output, rows, |(k, c, d)| [*k, *c, *d]);
    }
    tell(totals, 3, &program.unmet_per_day, |(d, n)| [*d, *n, 0]);
}

fn skew(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let [left, middle, right] = ["left", "middle", "right"].map(|table| pairs(workload, table));
    let mut program = Skew { left, middle, right, ..Skew::default() };
    program.run();
    done();
    tell(totals, 0, &program.linked, |(a, c)| [*a, *c, 0]);
}

fn counts(workload: &Workload, totals: &mut Totals, done: Done<'_>) {
    let mut program = Counts { have: triples(workload, "have"), ..Counts::default() };
    program.run();
    done();
    tell(totals, 0, &program.per_day, |(d, n)| [*d, *n, 0]);
}

fn tell<R>(totals: &mut Totals, output: usize, rows: &[R], fact: impl Fn(&R) -> Fact) {
    rows.iter().for_each(|row| totals.add(output, fact(row), 1));
}

fn singles(workload: &Workload, table: &str) -> Vec<(i32,)> {
    workload.facts(table).iter().map(|[a, ..]| (*a,)).collect()
}

fn pairs(workload: &Workload, table: &str) -> Vec<(i32, i32)> {
    workload.facts(table).iter().map(|[a, b, _]| (*a, *b)).collect()
}

fn triples(workload: &Workload, table: &str) -> Vec<(i32, i32, i32)> {
    workload.facts(table).iter().map(|[a, b, c]| (*a, *b, *c)).collect()
}
