-- Takes notes out of the dataset's log of changed times, of up to $2 buckets of $3 minutes or else of one note, the earliest first: where the
-- changed times begin, where they end, and whether there are more.
with noted as (
  select ctid, bucket, coalesce(extract(epoch from bucket_end - bucket) / (60 * $3), 1) as buckets
  from window_invalidations where dataset = $1 order by bucket limit $2 + 1
), counted as (
  select ctid, sum(buckets) over (order by bucket, ctid) <= $2
    or row_number() over (order by bucket, ctid) = 1 as is_taken
  from noted
), taken as (
  delete from window_invalidations where ctid = any (array(select ctid from counted where is_taken))
  returning bucket, coalesce(bucket_end, bucket + interval '1 microsecond') as bucket_end
)
select coalesce(array_agg(bucket)::text[], '{}') as starts, coalesce(array_agg(bucket_end)::text[], '{}') as ends,
  exists (select from counted where not is_taken) as has_more
from taken
