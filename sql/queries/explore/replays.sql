-- Who sent quarantined records back, when, and how many?
select id, dataset, requested_by, started_at, ended_at, candidates, passed, sent, refused, filter, error
from replays
where not dry_run
order by id desc
limit 20
