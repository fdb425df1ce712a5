-- The latest rows of a quarantine, with the beginning of their bytes; "quarantine" stands for the dataset's table.
select id::text, quarantined_at, reasons, issues, topic, "partition", "offset"::text, line_number::text, contract_version, replay_count, replayed_at,
  substring(value from 1 for 500) as value, octet_length(value) as value_bytes
from "quarantine" as q
where $1::text is null or $1 = any (reasons)
order by q.id desc
limit $2
