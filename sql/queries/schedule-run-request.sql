-- Asks for a run; the scheduler hears of it and starts it.
with requested as (
  insert into schedule_runs (run_id, schedule_id, function_name, expression, trigger, due_at)
  values ($1, $2, $3, $4, 'manual', now())
)
select pg_notify('sluice_schedules', 'run')
