-- What the project and the rules want of the warehouse, by `psql -f`. Whoever adds a source or
-- moves a table changes it here.

-- Filled by the project: when each run of dbt began, and a row for each model that it ran.
create schema audit;
create table audit.runs (id text primary key, began_at timestamptz not null);
create table audit.model_runs (
    run text not null references audit.runs, model text not null, day date not null,
    status text not null
);

create schema owed;

create view owed.landed as
select 'orders' as source, day, count(*) as rows, max(loaded_at) as at
from raw.orders group by day
union all
select 'payments', day, count(*), max(loaded_at)
from raw.payments group by day;

-- What came after a run had begun may have come too late for it.
create view owed.built as
select model, day, max(began_at) as at
from audit.model_runs join audit.runs on id = run where status = 'success' group by model, day;
