-- Keeps the last runs of a schedule, and those that have not ended.
delete from schedule_runs
where outcome is not null and run_id in (select run_id from schedule_runs where schedule_id = $1 order by due_at desc, run_id offset $2)
