-- How many runs ever ended, by schedule and outcome.
select schedule_id, outcome, run_count from schedule_run_counts order by schedule_id, outcome
