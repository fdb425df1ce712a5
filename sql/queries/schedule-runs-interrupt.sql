-- Marks the runs that a process left behind when it was killed. Those in the parameter are going on.
with interrupted as (
  update schedule_runs set outcome = 'interrupted', ended_at = now(), error = 'the process that ran it was gone'
  where outcome is null and started_at is not null and run_id <> all ($1::uuid[])
  returning *
), counted as (
  insert into schedule_run_counts (schedule_id, outcome, run_count)
  select schedule_id, outcome, count(*) from interrupted group by schedule_id, outcome
  on conflict (schedule_id, outcome) do update set run_count = schedule_run_counts.run_count + excluded.run_count
)
select * from interrupted
