-- Adds a batch's counts to those of its partitions and runs.
insert into record_counts (cluster_id, dataset, topic, "partition", run_id, disposition, reason, record_count)
select $8, $1, c.topic, c."partition", c.run_id, c.disposition, c.reason, c.record_count
from unnest($2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::bigint[]) as c(topic, "partition", run_id, disposition, reason, record_count)
order by c.topic, c."partition", c.run_id, c.disposition, c.reason
on conflict (cluster_id, topic, "partition", run_id, disposition, reason) do update set record_count = record_counts.record_count + excluded.record_count
