-- Notes the times whose records a batch changed, in each of the named logs. A log, not a set: a row that another transaction is about to delete must not stand for ours.
insert into window_invalidations (dataset, bucket, bucket_end)
select log, bucket, bucket_end from unnest($1::text[]) as l(log) cross join unnest($2::timestamptz[], $3::timestamptz[]) as u(bucket, bucket_end)
