-- How far had the topic $1 been stored, partition by partition, when the export was made? One row for each cluster that wrote it.
select cluster_id, "partition", next_offset
from consumed_offsets
where topic = $1 and consumer = $2
order by cluster_id, "partition"
