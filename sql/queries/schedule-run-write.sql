-- Writes how far a run is. Once it has ended it stays as it is, so a write that is tried again counts once.
with written as (
  insert into schedule_runs (run_id, schedule_id, function_name, expression, trigger, due_at, coalesced_count, started_at, ended_at, duration_ms, outcome, error, request_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (run_id) do update set coalesced_count = excluded.coalesced_count, started_at = excluded.started_at, ended_at = excluded.ended_at,
    duration_ms = excluded.duration_ms, outcome = excluded.outcome, error = excluded.error, request_id = excluded.request_id
  where schedule_runs.outcome is null
  returning schedule_id, trigger, due_at, outcome
), counted as (
  insert into schedule_run_counts (schedule_id, outcome, run_count)
  select schedule_id, outcome, 1 from written where outcome is not null
  on conflict (schedule_id, outcome) do update set run_count = schedule_run_counts.run_count + 1
)
update schedule_settings s
set due_until = case
  -- the scheduler was stopped: what had fallen due is owed again
  when w.outcome = 'interrupted' then least(s.due_until, w.due_at - interval '1 millisecond')
  else w.due_at
end
from written w
where s.schedule_id = w.schedule_id and w.trigger <> 'manual' and s.due_until is not null
  and (w.outcome = 'interrupted' or s.due_until < w.due_at)
