-- What the rules ask the warehouse. Whoever adds a source or moves a table changes it here.
create schema owed;

create view owed.landed as
select 'orders' as source, day, count(*) as rows, max(loaded_at) as at
from raw.orders group by day
union all
select 'payments', day, count(*), max(loaded_at)
from raw.payments group by day;

-- audit.model_runs is filled by the project's `on-run-end`, a row for each model that was run.
create view owed.built as
select model, day, max(finished_at) as at
from audit.model_runs where status = 'success' group by model, day;
