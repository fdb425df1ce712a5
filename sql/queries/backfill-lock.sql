-- One backfill of a dataset at a time: held until the connection ends.
select pg_try_advisory_lock(5312, hashtext($1)) as is_locked
