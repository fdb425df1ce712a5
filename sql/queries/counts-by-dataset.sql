-- What became of every record of a cluster, by dataset.
select dataset, disposition, reason, sum(record_count)::bigint as record_count
from record_counts
where cluster_id = $1
group by dataset, disposition, reason
