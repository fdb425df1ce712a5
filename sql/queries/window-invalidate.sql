-- Notes the minutes whose readings a batch changed. A log, not a set: a row that another transaction is about to delete must not stand for ours.
insert into window_invalidations (dataset, bucket)
select $1, bucket from unnest($2::timestamptz[]) as u(bucket)
