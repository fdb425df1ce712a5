-- Of each schedule the run that ended last and the one that is going on.
(select distinct on (schedule_id) * from schedule_runs where outcome is not null order by schedule_id, ended_at desc nulls last)
union all
select * from schedule_runs where outcome is null and started_at is not null
