-- Switches a schedule, or with null leaves it to serverless.yml; $3 says whether it is enabled in the end, and then nothing before now was missed.
with changed as (
  insert into schedule_settings (schedule_id, is_enabled, due_until)
  values ($1, $2, case when $3::boolean then now() end)
  on conflict (schedule_id) do update set is_enabled = excluded.is_enabled, due_until = excluded.due_until
)
select pg_notify('sluice_schedules', 'settings')
