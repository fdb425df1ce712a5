-- What became of every record, by dataset.
select dataset, disposition, reason, sum(record_count)::bigint as record_count
from record_counts
group by dataset, disposition, reason
