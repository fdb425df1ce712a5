-- Runs that were asked for and have not started, with their age in milliseconds.
select *, (extract(epoch from now() - due_at) * 1000)::float8 as age_ms
from schedule_runs
where outcome is null and started_at is null
order by due_at, run_id
