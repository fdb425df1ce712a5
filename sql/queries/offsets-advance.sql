-- Moves the named partitions on to their next offsets; never backwards.
update consumed_offsets o
set next_offset = p.next_offset, updated_at = now()
from unnest($2::text[], $3::integer[], $4::bigint[]) as p(topic, "partition", next_offset)
where o.cluster_id = $5 and o.consumer = $1 and o.topic = p.topic and o."partition" = p."partition" and o.next_offset < p.next_offset
