-- Notes the schedules of a start: what is enabled misses nothing from then on.
insert into schedule_settings (schedule_id, expression, due_until)
select * from unnest($1::text[], $2::text[], $3::timestamptz[])
on conflict (schedule_id) do update set expression = excluded.expression,
  due_until = case when excluded.due_until is not null then greatest(schedule_settings.due_until, excluded.due_until) end
