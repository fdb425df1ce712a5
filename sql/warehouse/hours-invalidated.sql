-- Takes the hours whose readings changed out of the log.
with taken as (
  delete from window_invalidations where dataset = $1 returning bucket
)
select distinct date_bin(interval '1 hour', bucket, timestamptz '2000-01-01 00:00Z') as bucket from taken order by 1
