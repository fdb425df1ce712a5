-- What was switched by hand, and up to when every due time has had its run.
select schedule_id, is_enabled, expression, due_until from schedule_settings
