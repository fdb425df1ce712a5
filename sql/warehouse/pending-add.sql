-- Notes hours whose facts have to be made again.
insert into dwh.pending_hours (bucket) select bucket from unnest($1::timestamptz[]) as u(bucket) order by bucket
