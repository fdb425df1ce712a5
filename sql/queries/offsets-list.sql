-- How far each partition of a cluster is worked off.
select topic, "partition", next_offset
from consumed_offsets
where consumer = $1 and cluster_id = $2
