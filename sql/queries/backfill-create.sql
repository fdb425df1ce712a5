-- Begins a backfill with the offsets that it has to read.
with begun as (
  insert into backfills (id, dataset, cluster_id, topic, range_by, range_from, range_to, partitions, contract_version)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  returning id
)
insert into backfill_partitions (backfill_id, "partition", first_offset, next_offset, end_offset)
select begun.id, p."partition", p.first_offset, p.first_offset, p.end_offset
from begun, unnest($8::integer[], $10::bigint[], $11::bigint[]) as p("partition", first_offset, end_offset)
