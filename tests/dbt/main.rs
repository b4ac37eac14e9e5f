//! `rules/dbt.rules` under `owed serve`, with a dbt that runs and a PostgreSQL of the test's own.
//! dbt is the one that `OWED_DBT` names, or that of the path: `pip install dbt-postgres`. Where it
//! or PostgreSQL is not installed, the test says that it is left out.

#[path = "../postgres/mod.rs"]
#[expect(dead_code, reason = "what the tests of sources and actions need beside")]
mod postgres;
#[path = "../common/served.rs"]
mod served;
mod world;

use postgres::{Postgres, skipped};
use world::World;

/// What others load.
const RAW: &str = "
    create schema raw;
    create table raw.orders (id int, day date, amount int, loaded_at timestamptz default now());
    create table raw.payments
        (order_id int, day date, paid int, loaded_at timestamptz default now());
    insert into raw.orders values
        (1, '2026-03-24', 10), (2, '2026-03-24', 20), (3, '2026-03-25', 5);
    insert into raw.payments values (1, '2026-03-24', 7), (2, '2026-03-24', 20);
";

const REVENUE: &str = "select day, paid, open from shop.revenue order by day";
const RUNS: &str = "select model, day, count(*) from audit.model_runs where status = 'success'
                    group by model, day order by model, day";

/// Models are made once what they read is there, in order, and each once; what comes late is
/// waited for, and what comes again is made again; a model that is broken says so, and is made once
/// somebody has mended it.
#[test]
fn a_project_is_kept_up_to_date() {
    let Some(dbt) = world::dbt() else {
        return skipped("dbt is not installed (pip install dbt-postgres)");
    };
    let Some(postgres) = Postgres::start() else { return };
    postgres.execute(RAW);
    postgres.execute(include_str!("../../rules/dbt/views.sql"));
    let world = World::start(&postgres, &dbt);
    world.owed(&["tell", "+wanted(2026-03-24, 2026-03-25)"]);
    world.until_met(&[("revenue", "2026-03-24"), ("stg_orders", "2026-03-25")]);
    assert_eq!(postgres.execute(REVENUE), "2026-03-24|27|3", "{}", world.log());
    let why = world.owed(&["why", "made(\"revenue\", 2026-03-25)"]);
    assert!(why.contains("source(\"payments\", 2026-03-25)"), "it waits for that: {why}");

    postgres.execute("insert into raw.payments values (3, '2026-03-25', 5)");
    world.until_met(&[("revenue", "2026-03-25")]);
    assert_eq!(postgres.execute(REVENUE), "2026-03-24|27|3\n2026-03-25|5|0");
    let each_once = "revenue|2026-03-24|1\nrevenue|2026-03-25|1\n\
                     stg_orders|2026-03-24|1\nstg_orders|2026-03-25|1\n\
                     stg_payments|2026-03-24|1\nstg_payments|2026-03-25|1";
    assert_eq!(postgres.execute(RUNS), each_once, "{}", world.log());

    // One more order of the 24th, and a model that nobody can make of it.
    let model = world.break_model("stg_orders");
    postgres.execute("insert into raw.orders values (2, '2026-03-24', 100)");
    world.until("it says why", || {
        let why = world.owed(&["why", "made(\"stg_orders\", 2026-03-24)"]);
        why.contains("column \"nonsense\" does not exist")
    });
    world.mend_model("stg_orders", &model);
    world.until_met(&[("stg_orders", "2026-03-24"), ("revenue", "2026-03-24")]);
    assert_eq!(postgres.execute(REVENUE), "2026-03-24|47|83\n2026-03-25|5|0");
}
