-- Quarantined rows as they were received; "quarantine" stands for the dataset's table.
select id::text, reasons, issues, value, key, headers, topic, "partition", "offset"::text,
  (extract(epoch from recorded_at) * 1000)::double precision as recorded_ms, replay_count
from "quarantine" as q
where id = any ($1::bigint[]) and replayed_at is null
order by q.id
