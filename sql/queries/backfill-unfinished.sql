-- The backfill of these parameters that was begun and not finished.
select id
from backfills
where dataset = $1 and cluster_id = $2 and topic = $3 and range_by = $4 and range_from = $5 and range_to = $6 and partitions = $7 and finished_at is null
order by created_at
limit 1
