-- Takes up to $2 rows out of the dataset's log of changed times: how many they were, and the times.
with taken as (
  delete from window_invalidations
  where ctid = any (array(select ctid from window_invalidations where dataset = $1 order by bucket limit $2))
  returning bucket
)
select count(*)::integer as noted, coalesce(array_agg(distinct bucket)::text[], '{}') as buckets from taken
