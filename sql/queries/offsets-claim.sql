-- Locks the named partitions for this transaction and says where each goes on; a partition seen for the first time starts at its first offset.
with claimed as (
  insert into consumed_offsets (cluster_id, consumer, topic, "partition", next_offset)
  select $5, $1, p.topic, p."partition", p.first_offset
  from unnest($2::text[], $3::integer[], $4::bigint[]) as p(topic, "partition", first_offset)
  order by p.topic, p."partition"
  on conflict (cluster_id, consumer, topic, "partition") do update set updated_at = now()
  returning topic, "partition", next_offset
)
select topic, "partition", next_offset from claimed
