-- Marks the runs that a process left behind when it was killed; those in the parameter are going on. What had fallen due is owed again.
with interrupted as (
  update schedule_runs set outcome = 'interrupted', ended_at = now(), error = 'the process that ran it was gone'
  where outcome is null and started_at is not null and run_id <> all ($1::uuid[])
  returning schedule_id, trigger, due_at, outcome
), counted as (
  insert into schedule_run_counts (schedule_id, outcome, run_count)
  select schedule_id, outcome, count(*) from interrupted group by schedule_id, outcome
  on conflict (schedule_id, outcome) do update set run_count = schedule_run_counts.run_count + excluded.run_count
)
update schedule_settings s set due_until = least(s.due_until, i.due_at - interval '1 millisecond')
from (select schedule_id, min(due_at) as due_at from interrupted where trigger = 'schedule' group by schedule_id) i
where s.schedule_id = i.schedule_id and s.due_until is not null
