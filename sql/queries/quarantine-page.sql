-- The next rows of a quarantine that a filter takes and that were not sent back yet, with their sizes; "quarantine" stands for the dataset's table.
select id::text, (coalesce(octet_length(value), 0) + coalesce(octet_length(key), 0))::integer as bytes
from "quarantine" as q
where id > $1 and id <= $2
  and replayed_at is null
  and ($3::text is null or $3 = any (reasons))
  and ($4::timestamptz is null or quarantined_at >= $4)
  and ($5::timestamptz is null or quarantined_at < $5)
  and ($6::bigint[] is null or id = any ($6))
order by q.id
limit $7
