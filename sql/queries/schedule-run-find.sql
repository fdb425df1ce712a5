-- One run.
select * from schedule_runs where run_id = $1
