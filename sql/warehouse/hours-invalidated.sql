-- Takes the hours whose readings changed out of the log.
with taken as (
  delete from window_invalidations where dataset = $1
  returning date_bin(interval '1 hour', bucket, timestamptz '2000-01-01 00:00Z') as first, coalesce(bucket_end - interval '1 microsecond', bucket) as last
)
select distinct hour as bucket from taken cross join generate_series(first, last, interval '1 hour') as hour order by 1
