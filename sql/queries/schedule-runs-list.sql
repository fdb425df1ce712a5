-- The last runs, newest first: of one schedule, or of all.
select * from schedule_runs
where $1::text is null or schedule_id = $1
order by coalesce(started_at, due_at) desc, due_at desc, run_id
limit $2
