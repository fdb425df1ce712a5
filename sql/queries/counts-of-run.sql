-- What became of the records of one run.
select disposition, reason, sum(record_count)::bigint as record_count
from record_counts
where run_id = $1
group by disposition, reason
