-- Switches a schedule, or with null leaves it to serverless.yml; $3 says whether it is enabled in the end. What was missed while it was disabled
-- is nobody's; of one that is enabled already everything is owed as before.
with changed as (
  insert into schedule_settings (schedule_id, is_enabled, due_until)
  values ($1, $2, case when $3::boolean then now() end)
  on conflict (schedule_id) do update set is_enabled = excluded.is_enabled,
    due_until = case when $3::boolean then coalesce(schedule_settings.due_until, now()) end
)
select pg_notify('sluice_schedules', 'settings')
